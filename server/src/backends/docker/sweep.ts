// Which containers are this server's, and which of them nobody knows any more.
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type Dockerode from "dockerode";
import { isMissing } from "../shared/system-calls.ts";
import { shortName } from "../shared/unit-files.ts";
import { labels } from "./container.ts";
import { ifThere } from "./engine.ts";
import type { UnitFolder } from "./unit-folder.ts";

/** Id of the folder of units, made with it: containers and networks carry it, so servers that share an engine leave each other's alone. */
export function serverId(folder: string): string {
  const path = join(folder, "server-id");
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (!isMissing(error)) throw error;
    writeFileSync(`${path}.new`, randomBytes(6).toString("hex"));
    renameSync(`${path}.new`, path);
    return readFileSync(path, "utf8");
  }
}

/** Removes containers of this server whose unit is gone: their removal was cut short. */
export async function sweepContainers(engine: Dockerode, server: string, units: readonly UnitFolder[]): Promise<void> {
  const known = new Set(units.flatMap(({ plan }) => (plan ? shortName(plan.id) : [])));
  const filters = JSON.stringify({ label: [`${labels.server}=${server}`] });
  for (const { Id, Names } of await engine.listContainers({ all: true, filters })) {
    const unit = Names[0]?.split("-")[2] ?? "";
    if (!known.has(unit)) await ifThere(engine.getContainer(Id).remove({ force: true, v: true }));
  }
}
