// The activity `announce`: what people should know about the instances they got, once, in the log of the first host; a
// processing job has no status message that could say it.
import { existsSync } from "node:fs";
import type { ActivityContext } from "../../../engine/job-kind.ts";
import { replaceFile } from "../../../store/durable.ts";
import { hostsOf, logOf, type ProcessingDocument } from "./document.ts";

export async function announce(work: ActivityContext<ProcessingDocument>): Promise<undefined> {
  const { document } = work.row;
  const [host] = hostsOf(document);
  if (!host) return undefined;
  const told = await work.keptFile(host.unitId, "announced");
  if (existsSync(told)) return undefined;
  for (const note of document.notes ?? []) await work.note(logOf(work.row, host.name), note);
  await replaceFile(told, "true");
  return undefined;
}
