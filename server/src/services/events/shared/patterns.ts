// Event patterns of requests.
import { compilePattern, InvalidPattern, type Pattern } from "../../../core/event-pattern/pattern.ts";
import { invalidPattern } from "../errors.ts";

/** @throws ApiError InvalidEventPatternException */
export function readPattern(text: string): Pattern {
  try {
    return compilePattern(text, "events");
  } catch (cause) {
    if (!(cause instanceof InvalidPattern)) throw cause;
    throw invalidPattern(cause.message);
  }
}
