// Limits that servers left which were killed: cgroups outlive their makers, until the machine is restarted, and the kernel pays for each.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shortName } from "../shared/unit-files.ts";
import type { Limits } from "./cgroups.ts";

/** Name of a unit's limits: several servers of one machine keep theirs in the same place. */
export function limitsName(server: string, unit: string): string {
  return `${shortName(server)}-${unit}`;
}

/**
 * Releases the limits that no unit of this server has, and those of servers whose folder is gone; limits with a living process stay.
 * A unit that has ended keeps its own: they tell why. `server`: the folder of this one's units; `inUse`: the names they have.
 */
export function sweepLimits(limits: Limits, server: string, inUse: ReadonlySet<string>): void {
  if (!limits.kind.startsWith("cgroup")) return;
  const gone = otherServers(server).filter(({ folder }) => !existsSync(folder));
  for (const name of limits.held()) {
    const isOwn = name.startsWith(limitsName(server, ""));
    const isOfNobody = gone.some(({ folder }) => name.startsWith(limitsName(folder, "")));
    if ((isOwn && !inUse.has(name)) || isOfNobody) limits.releaseIfEmpty(name);
  }
  const left = limits.held();
  for (const { folder, note } of gone) {
    if (!left.some((name) => name.startsWith(limitsName(folder, "")))) rmSync(note, { force: true });
  }
}

/** Notes this server for those to come, and returns the others: as lasting as cgroups, and of the same user. */
function otherServers(server: string): readonly { readonly folder: string; readonly note: string }[] {
  const run = process.getuid?.() === 0 ? "/run" : process.env["XDG_RUNTIME_DIR"];
  if (run === undefined) return [];
  const notes = join(run, "sagebrush/servers");
  try {
    mkdirSync(notes, { recursive: true });
    writeFileSync(join(notes, shortName(server)), server);
  } catch {
    return []; // nothing can be kept there: each server finds its own leftovers only
  }
  return readdirSync(notes)
    .filter((name) => name !== shortName(server))
    .flatMap((name) => readNote(join(notes, name)));
}

function readNote(note: string) {
  try {
    const folder = readFileSync(note, "utf8");
    return folder === "" ? [] : [{ folder, note }]; // empty while it is written
  } catch {
    return []; // another server has removed it just now
  }
}
