// What every list of S3 has: a limit and the encoding of names.
import { s3Errors } from "../errors.ts";

/** Entries in one answer (API reference). */
const MOST_ENTRIES = 1000;

/** @throws ApiError InvalidArgument */
export function limitOf(
  asked: number | undefined,
  argument: string,
): { readonly asked: number; readonly used: number } {
  const limit = asked ?? MOST_ENTRIES;
  if (!Number.isInteger(limit) || limit < 0 || limit > 2 ** 31 - 1)
    throw s3Errors.invalidArgument(`Argument ${argument} must be an integer between 0 and 2147483647`, {
      ArgumentName: argument,
      ArgumentValue: String(asked),
    });
  return { asked: Math.min(limit, MOST_ENTRIES), used: Math.min(limit, MOST_ENTRIES) };
}

/** Names as the answer has them: percent-encoded, slashes kept, when the caller asks for `url`. @throws InvalidArgument */
export function encoderOf(encodingType: string | undefined): (text: string) => string {
  if (encodingType === undefined) return (text) => text;
  if (encodingType !== "url")
    throw s3Errors.invalidArgument("Invalid Encoding Method specified in Request", {
      ArgumentName: "encoding-type",
      ArgumentValue: encodingType,
    });
  return (text) => encodeURIComponent(text).replaceAll("%2F", "/");
}
