// Tokens of GetLogEvents: `f/` and `b/` with 56 digits. The number is a position between two lines, so both tokens of
// an empty page are the position asked for: a token comes back unchanged at either end of the stream, as on AWS.
import { badToken } from "../errors.ts";

const DIGITS = 56;

export interface Position {
  readonly direction: "forward" | "backward";
  /** Lines before it have a lower sequence, lines after it this one or a higher. */
  readonly at: number;
}

export const writePosition = (direction: Position["direction"], at: number): string =>
  `${direction === "forward" ? "f" : "b"}/${String(at).padStart(DIGITS, "0")}`;

/** @throws ApiError InvalidParameter */
export function readPosition(token: string): Position {
  const found = /^([fb])\/(\d{56})$/.exec(token);
  const at = Number(found?.[2]);
  if (!found || !Number.isSafeInteger(at)) throw badToken();
  return { direction: found[1] === "f" ? "forward" : "backward", at };
}
