// Filter patterns of callers.
import { invalidParameter } from "../../errors.ts";
import { compileFilterPattern } from "./compile.ts";
import { InvalidPattern } from "./error.ts";
import type { FilterPattern } from "./pattern.ts";

export type { FilterPattern };

/** @throws ApiError InvalidParameter */
export function readPattern(pattern: string): FilterPattern {
  try {
    return compileFilterPattern(pattern);
  } catch (cause) {
    if (!(cause instanceof InvalidPattern)) throw cause;
    throw invalidParameter(`Invalid filter pattern: ${cause.message}.`);
  }
}
