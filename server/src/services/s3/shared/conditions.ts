// Conditional requests: RFC 9110 section 13.2.2 for the order of conditions, and the S3 API reference for writes.
import { s3Errors } from "../errors.ts";
import type { ObjectDocument } from "./model.ts";

export interface Conditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  /** Seconds since 1970, as the wire decodes them. */
  readonly IfModifiedSince?: number | undefined;
  readonly IfUnmodifiedSince?: number | undefined;
}

/** Times in headers have whole seconds. */
export const wholeSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);

const httpDate = (milliseconds: number): string => new Date(wholeSeconds(milliseconds) * 1000).toUTCString();

/** Whether a list of entity tags (quoted or not, weak or not) or `*` names this one. */
export function namesTag(list: string, etag: string): boolean {
  if (list.trim() === "*") return true;
  return list.split(",").some((one) => one.trim().replace(/^W\//, "").replaceAll('"', "") === etag);
}

/** @throws ApiError PreconditionFailed; NotModified (304), which has the object's tag and time */
export function checkRead(conditions: Conditions, document: ObjectDocument): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  const seconds = wholeSeconds(document.modifiedAt);
  if (IfMatch !== undefined) {
    if (!namesTag(IfMatch, document.etag)) throw s3Errors.preconditionFailed("If-Match");
  } else if (IfUnmodifiedSince !== undefined && seconds > IfUnmodifiedSince)
    throw s3Errors.preconditionFailed("If-Unmodified-Since");
  const unchanged =
    IfNoneMatch !== undefined
      ? namesTag(IfNoneMatch, document.etag)
      : IfModifiedSince !== undefined && seconds <= IfModifiedSince;
  if (unchanged)
    throw s3Errors.notModified({ etag: `"${document.etag}"`, "last-modified": httpDate(document.modifiedAt) });
}

/** Conditions on the source of a copy: never 304. @throws ApiError PreconditionFailed */
export function checkCopySource(
  input: {
    readonly CopySourceIfMatch?: string | undefined;
    readonly CopySourceIfNoneMatch?: string | undefined;
    readonly CopySourceIfModifiedSince?: number | undefined;
    readonly CopySourceIfUnmodifiedSince?: number | undefined;
  },
  document: ObjectDocument,
): void {
  const seconds = wholeSeconds(document.modifiedAt);
  const fail = (condition: string) => s3Errors.preconditionFailed(`x-amz-copy-source-${condition}`);
  if (input.CopySourceIfMatch !== undefined) {
    if (!namesTag(input.CopySourceIfMatch, document.etag)) throw fail("If-Match");
  } else if (input.CopySourceIfUnmodifiedSince !== undefined && seconds > input.CopySourceIfUnmodifiedSince)
    throw fail("If-Unmodified-Since");
  if (input.CopySourceIfNoneMatch !== undefined) {
    if (namesTag(input.CopySourceIfNoneMatch, document.etag)) throw fail("If-None-Match");
  } else if (input.CopySourceIfModifiedSince !== undefined && seconds <= input.CopySourceIfModifiedSince)
    throw fail("If-Modified-Since");
}

/**
 * Conditions on the object that a write would replace: If-None-Match takes only `*`, If-Match an entity tag.
 * @throws ApiError PreconditionFailed, NoSuchKey (If-Match without an object), NotImplemented
 */
export function checkWrite(
  conditions: Pick<Conditions, "IfMatch" | "IfNoneMatch"> & { readonly Key: string },
  current: ObjectDocument | undefined,
): void {
  if (conditions.IfNoneMatch !== undefined) {
    if (conditions.IfNoneMatch.trim() !== "*" || conditions.IfMatch !== undefined)
      throw s3Errors.notImplemented("A header you provided implies functionality that is not implemented", {
        Header: "If-None-Match",
        additionalMessage: "We don't accept the provided value of If-None-Match header for this API",
      });
    if (current !== undefined) throw s3Errors.preconditionFailed("If-None-Match");
  }
  if (conditions.IfMatch === undefined) return;
  if (current === undefined) throw s3Errors.noSuchKey({ Key: conditions.Key });
  if (!namesTag(conditions.IfMatch, current.etag)) throw s3Errors.preconditionFailed("If-Match");
}

export type RangeAnswer = { readonly start: number; readonly end: number } | "whole" | "unsatisfiable";

/** A Range header (RFC 9110 section 14.1.2). What is malformed or names several ranges is ignored, as S3 does. */
export function parseRange(header: string | undefined, sizeBytes: number): RangeAnswer {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  if (match === null) return "whole";
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return "whole";
  if (first === "") {
    const count = Math.min(Number(last), sizeBytes);
    return count === 0 ? "unsatisfiable" : { start: sizeBytes - count, end: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === "" ? sizeBytes - 1 : Number(last);
  if (last !== "" && end < start) return "whole";
  return start >= sizeBytes ? "unsatisfiable" : { start, end: Math.min(end, sizeBytes - 1) };
}
