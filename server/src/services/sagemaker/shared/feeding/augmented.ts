// Augmented manifests: JSON Lines, of whose attributes the request names those that are streamed, in its own order.
// Developer guide, "Provide dataset metadata to training jobs with an augmented manifest file". Pure.
import type { ObjectReference } from "../../../../core/ports.ts";
import { parseJson } from "../json-text.ts";
import { parseS3Uri } from "../s3-uri.ts";

/** A value of a line: an object whose bytes are meant, or the value's own text. */
export type AttributeValue = { readonly object: ObjectReference } | { readonly text: string };

/** Attributes of this ending name an object. */
const REFERENCE = "-ref";

/** A line that is none, or lacks something; the text says what, without saying which line. */
export class BadLine extends Error {
  override readonly name = "BadLine";
}

/**
 * Values of the named attributes, in that order: texts as they are, all else as JSON, numbers digit by digit as they
 * stand in the line. @throws BadLine
 */
export function valuesOf(line: string, attributes: readonly string[]): readonly AttributeValue[] {
  const entry = parsed(line);
  return attributes.map((name) => {
    if (!Object.hasOwn(entry, name)) throw new BadLine(`has no attribute "${name}"`);
    const value = entry[name];
    if (!name.endsWith(REFERENCE)) return { text: typeof value === "string" ? value : JSON.stringify(value) };
    const place = typeof value === "string" ? parseS3Uri(value) : undefined;
    if (!place || place.key === "")
      throw new BadLine(`has ${JSON.stringify(value)} as attribute "${name}", expected the S3 URI of an object`);
    return { object: place };
  });
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseJson(line);
  } catch (cause) {
    throw new BadLine(`is no JSON: ${(cause as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new BadLine("is no JSON object");
  return value as Readonly<Record<string, unknown>>;
}

/** Where lines begin and end in a manifest; blank ones, such as the end of the last, are none. */
export class Lines {
  readonly #bytes: Buffer;
  /** Start and end of each, after another. */
  readonly #edges: number[] = [];
  readonly #numbers: number[] = [];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    let number = 0;
    const mark = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
    for (let start = mark; start < bytes.length; number++) {
      const found = bytes.indexOf(NEWLINE, start);
      const end = found === -1 ? bytes.length : found;
      if (!isBlank(bytes, start, end)) {
        this.#edges.push(start, end);
        this.#numbers.push(number + 1);
      }
      start = end + 1;
    }
  }

  get count(): number {
    return this.#numbers.length;
  }

  at(index: number): string {
    return this.#bytes.toString("utf8", this.#edges[2 * index], this.#edges[2 * index + 1]);
  }

  /** The line's number in the file, from 1 on. */
  number(index: number): number {
    return this.#numbers[index] ?? 0;
  }
}

const NEWLINE = 10;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const SPACES = new Set([9, 13, 32]);

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!SPACES.has(bytes[at] ?? 0)) return false;
  return true;
}
