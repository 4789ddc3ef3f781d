// Files of the kernel that only some machines have.
import { readFileSync } from "node:fs";
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
