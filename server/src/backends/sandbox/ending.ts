// Ending a unit by its folder alone, whoever started it: the supervisor does the work and needs no server for it.
import { readlinkSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { isMissing } from "../shared/system-calls.ts";
import { terminate } from "./processes.ts";
import type { UnitFolder } from "./unit-folder.ts";

/** A supervisor that was told to end a unit at once takes milliseconds, on a machine with nothing to spare some seconds. */
const END_SECONDS = 60;

/** Asks the supervisor to end the unit: SIGTERM to the program, SIGKILL after the grace. Harmless when nothing runs. */
export function stopUnit(folder: UnitFolder, graceSeconds: number): void {
  if (!folder.has("start.json") && !folder.has("started")) return;
  folder.write("stop", `${Math.max(0, Math.ceil(graceSeconds))}\n`);
  const { supervisor } = folder;
  if (supervisor !== undefined && folder.isSupervised()) terminate(supervisor);
}

/** Kills what runs of a unit and waits until its supervisor is gone. @throws Error when it does not go */
export async function endUnit(folder: UnitFolder): Promise<void> {
  const deadline = performance.now() + END_SECONDS * 1000;
  while (folder.isSupervised()) {
    if (performance.now() > deadline) throw new Error(`The unit in ${folder.path} does not end.`);
    stopUnit(folder, 0);
    await setTimeout(10);
  }
}

/** Ends a unit whose network cannot be entered, so that it counts as lost. One that is just ending is left alone. */
export function endUnreachable(folder: UnitFolder, cause: unknown, report: (error: unknown) => void): void {
  try {
    if (isEnding(folder)) return;
    if (folder.isSupervised() && !folder.has("ended")) {
      report(new Error("A unit cannot be reached and is ended.", { cause }));
      folder.write("unreachable", "");
    }
    stopUnit(folder, 0);
  } catch (error) {
    report(error); // a disk that takes nothing: it goes on, unreachable, until the next start
  }
}

/** Whether the first process inside is gone: the supervisor, which waits for the rest of the log, is about to say how. */
function isEnding({ init }: UnitFolder): boolean {
  if (init === undefined) return false;
  try {
    readlinkSync(`/proc/${init}/ns/net`);
    return false;
  } catch (error) {
    return isMissing(error);
  }
}
