// Tokens of GetLogEvents: `f/` and `b/` with 56 digits, a place between two lines by time and position. Both tokens of an
// empty page are the place asked for: a token comes back unchanged at either end of the stream, as on AWS.
import type { LogPlace } from "../../../store/series/series.ts";
import { badToken } from "../errors.ts";

const DIGITS = 28;

export interface Position {
  readonly direction: "forward" | "backward";
  /** Absent before anything was read: the stream's beginning or its end. */
  readonly place?: LogPlace | undefined;
}

const padded = (number: number): string => String(number).padStart(DIGITS, "0");

export const writePosition = (direction: Position["direction"], { at, sequence }: LogPlace): string =>
  `${direction === "forward" ? "f" : "b"}/${padded(at)}${padded(sequence)}`;

/** @throws ApiError InvalidParameter */
export function readPosition(token: string): Position {
  const found = /^([fb])\/(\d{28})(\d{28})$/.exec(token);
  const place = { at: Number(found?.[2]), sequence: Number(found?.[3]) };
  if (!found || !Number.isSafeInteger(place.at) || !Number.isSafeInteger(place.sequence)) throw badToken();
  return { direction: found[1] === "f" ? "forward" : "backward", place };
}
