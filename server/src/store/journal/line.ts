// A line of a journal: what was appended at once, with a checksum, so that a torn line is told from a whole one.
import { crc32 } from "node:zlib";
import type { Json } from "../rows/rows.ts";

/** What is recorded: a time of the caller's and a value. */
export type Entry = readonly [at: number, value: Json];

export interface Line {
  /** Position of the first entry. */
  readonly n: number;
  /** When the line was written; milliseconds since 1970. */
  readonly i: number;
  readonly e: readonly Entry[];
  /** How far each source has been taken over, of those that have moved. */
  readonly m?: Readonly<Record<string, number>>;
}

const CHECKSUM_DIGITS = 8;

/** One line of text: a checksum and the JSON of the value. */
export function encode(value: Line | object): string {
  const json = JSON.stringify(value);
  return `${checksum(json)} ${json}\n`;
}

/** The value of a line given without its end; undefined when it is not as it was written. */
export function decode(text: string): unknown {
  const json = text.slice(CHECKSUM_DIGITS + 1);
  return checksum(json) === text.slice(0, CHECKSUM_DIGITS) ? JSON.parse(json) : undefined;
}

const checksum = (json: string) => crc32(json).toString(16).padStart(CHECKSUM_DIGITS, "0");
