// Names of rows under which objects, versions and uploads are kept, so that byte order of names is the order of lists.
// A key may hold any character; the store's names may not hold \0. So \0 and \1 in keys are written as two characters,
// and a key ends with \1\1, which sorts before every longer key.
import { randomBytes } from "node:crypto";

const END = "\u0001\u0001";

/** The key as (the start of) a row's name; keeps order and prefixes. */
export function encodeKey(key: string): string {
  if (!key.includes("\0") && !key.includes("\u0001")) return key;
  return key.replaceAll("\u0001", "\u0001\u0003").replaceAll("\0", "\u0001\u0002");
}

export function decodeKey(name: string): string {
  if (!name.includes("\u0001")) return name;
  return name.replaceAll("\u0001\u0002", "\0").replaceAll("\u0001\u0003", "\u0001");
}

/** Name of a row that belongs to a key: a version or an upload. */
export const nameUnderKey = (key: string, id: string): string => `${encodeKey(key)}${END}${id}`;

/** Start of the names of everything that belongs to exactly this key. */
export const startUnderKey = (key: string): string => encodeKey(key) + END;

export function splitUnderKey(name: string): { readonly key: string; readonly id: string } {
  const at = name.lastIndexOf(END);
  return { key: decodeKey(name.slice(0, at)), id: name.slice(at + END.length) };
}

/** The first name after all names that start with this text, by bytes; undefined when there is none. */
export function afterPrefix(text: string): string | undefined {
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last >= 0x10ffff) continue;
    // Surrogates are no characters: the next one after them is U+E000.
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    return String.fromCodePoint(...points, next);
  }
  return undefined;
}

/** Compares by UTF-8 bytes, as the store orders names. */
export function compareNames(left: string, right: string): number {
  return left < right || left > right ? Buffer.compare(Buffer.from(left), Buffer.from(right)) : 0;
}

const TIME_DIGITS = 10;
/** Beyond the year 37000. */
const TIME_END = 32 ** TIME_DIGITS - 1;
const RANDOM_BYTES = 11;

const random = (): string => randomBytes(RANDOM_BYTES).toString("hex");

/** Version id, 32 characters: newer ones sort first. */
export const newVersionId = (at: number): string => (TIME_END - at).toString(32).padStart(TIME_DIGITS, "0") + random();

/** When a version id was made, milliseconds since 1970. */
export const versionTime = (id: string): number => TIME_END - Number.parseInt(id.slice(0, TIME_DIGITS), 32);

/** Upload id, 48 characters: older ones sort first, as ListMultipartUploads gives them. */
export const newUploadId = (at: number): string =>
  at.toString(32).padStart(TIME_DIGITS, "0") + random() + randomBytes(8).toString("hex");

export const isVersionId = (text: string): boolean => text === "null" || /^[0-9a-v]{10}[0-9a-f]{22}$/.test(text);

export const bucketArn = (name: string): string => `arn:aws:s3:::${name}`;
