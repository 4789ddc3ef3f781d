// How a shell tells that a program was ended by a signal: an exit code of 128 and the signal's number.
import { constants } from "node:os";

/** Name of the signal; undefined for an exit code of the program's own. */
export function signalOf(exitCode: number): string | undefined {
  if (exitCode <= 128) return undefined;
  return Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0];
}
