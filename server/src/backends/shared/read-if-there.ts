// Files of the kernel that only some machines have, or only as long as a process lives.
import { openSync, readFileSync } from "node:fs";
import { isMissing } from "./system-calls.ts";

/** Text of the file at `path`, empty when there is none. */
export function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}

/** Descriptor of the file at `path` for reading, undefined when there is none. */
export function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
