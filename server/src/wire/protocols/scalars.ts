// Values of strings, numbers, booleans, timestamps and blobs as text: in headers, query strings, forms and XML.
// Inside the server a timestamp is a number, seconds since 1970. Formats: Smithy's timestampFormat trait.
import type { Shape } from "../../../../contract/model.ts";
import { errors } from "../../core/errors.ts";

export type TimestampFormat = "iso8601" | "rfc822" | "unixTimestamp";

/** @throws ApiError SerializationFailure when the text is no value of the shape's type */
export function scalarFromText(shape: Shape, text: string, timestampFormat: TimestampFormat | undefined): unknown {
  switch (shape.type) {
    case "integer":
    case "long":
      return numberFromText(text, true);
    case "float":
    case "double":
      return numberFromText(text, false);
    case "boolean":
      if (/^true$/i.test(text)) return true;
      if (/^false$/i.test(text)) return false;
      throw errors.serializationFailure(`Expected true or false, got ${shown(text)}.`);
    case "timestamp":
      return timestampFromText(text, timestampFormat);
    case "blob":
      return Buffer.from(text, "base64");
    default:
      return text;
  }
}

/** Text of a value; numbers that are not finite as `NaN`, `Infinity`, `-Infinity`. */
export function scalarToText(shape: Shape, value: unknown, timestampFormat: TimestampFormat): string {
  if (shape.type === "timestamp") return timestampToText(Number(value), timestampFormat);
  if (shape.type === "blob") return Buffer.from(value as Uint8Array).toString("base64");
  return String(value);
}

function numberFromText(text: string, whole: boolean): number {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  if (!whole && /^(NaN|-?Infinity)$/.test(text)) return Number(text);
  if (Number.isNaN(number) || (whole && !Number.isInteger(number)))
    throw errors.serializationFailure(`Expected ${whole ? "an integer" : "a number"}, got ${shown(text)}.`);
  return number;
}

/** Reads a timestamp in its format, and any other format that clients have been seen to send. */
export function timestampFromText(text: string, format?: TimestampFormat): number {
  const seconds = format !== "rfc822" && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : readDate(text);
  if (!Number.isFinite(seconds)) throw errors.serializationFailure(`Expected a timestamp, got ${shown(text)}.`);
  return seconds;
}

/** A date without a zone is UTC. */
function readDate(text: string): number {
  const zoned = /^\d{4}-\d\d-\d\dT[\d:.]+$/.test(text) ? `${text}Z` : text;
  return Date.parse(zoned) / 1000;
}

export function timestampToText(seconds: number, format: TimestampFormat): string {
  if (format === "unixTimestamp") return String(seconds);
  const date = new Date(Math.round(seconds * 1000));
  if (format === "rfc822") return date.toUTCString();
  return date.toISOString();
}

const shown = (text: string): string => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
