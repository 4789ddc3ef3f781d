// What people should know of a job while it waits and runs, in the log of its first host; a processing job has no status
// message that could say it.
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { Engine } from "../../../engine/engine.ts";
import type { ActivityContext } from "../../../engine/job-kind.ts";
import { replaceFile } from "../../../store/durable.ts";
import { hostsOf, logOf, type ProcessingDocument } from "./document.ts";

type Work = ActivityContext<ProcessingDocument>;

/** Most jobs have their instances by then. */
const SOON_MS = 2000;

/** The activity `explain`: why a job waits for its instances. */
export const explain =
  (engine: Pick<Engine, "waitingFor">) =>
  async ({ row, note, signal }: Work): Promise<undefined> => {
    await setTimeout(SOON_MS, undefined, { signal, ref: false });
    const reason = engine.waitingFor(row);
    if (reason !== undefined) await note(logOf(row, "algo-1"), reason);
    return undefined;
  };

/** The activity `announce`: what instances it got, once for each attempt. */
export async function announce(work: Work): Promise<undefined> {
  const { document } = work.row;
  const [host] = hostsOf(document);
  if (!host) return undefined;
  const told = await work.keptFile(host.unitId, "announced");
  if (existsSync(told)) return undefined;
  for (const note of document.notes ?? []) await work.note(logOf(work.row, host.name), note);
  await replaceFile(told, "true");
  return undefined;
}
