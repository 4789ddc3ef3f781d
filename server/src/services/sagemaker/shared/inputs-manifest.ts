// Manifests: a JSON list of a prefix and the ends of URIs. API reference, S3DataSource (ManifestFile).
import { buffer } from "node:stream/consumers";
import type { Principal } from "../../../core/call.ts";
import type { Objects } from "../../../core/ports.ts";
import { JobFailure } from "../../../engine/job-kind.ts";
import type { InputObject } from "./inputs.ts";
import { parseS3Uri, type S3Place, s3Uri } from "./s3-uri.ts";

/** A manifest is one JSON list of names; more than this is a mistake. */
const MANIFEST_LIMIT_BYTES = 64 * 2 ** 20;

/** Entries looked up at once. */
const LOOKS_AT_ONCE = 16;

/** @throws JobFailure for a manifest that is none; ApiError for what is not there, or not the principal's to read */
export async function listManifest(
  objects: Objects,
  principal: Principal,
  place: S3Place,
): Promise<readonly InputObject[]> {
  const { body, sizeBytes } = await objects.open(principal, place);
  if (sizeBytes > MANIFEST_LIMIT_BYTES) {
    body.destroy();
    throw new JobFailure(
      `ClientError: The manifest ${s3Uri(place)} has ${sizeBytes} bytes; at most ${MANIFEST_LIMIT_BYTES} are read.`,
    );
  }
  const entries = parseManifest((await buffer(body)).toString("utf8"), s3Uri(place));
  const found: InputObject[] = [];
  let next = 0;
  const look = async (): Promise<void> => {
    for (let index = next++; index < entries.length; index = next++) {
      const { bucket, key, name } = entries[index] as ManifestEntry;
      const { sizeBytes, etag } = await objects.head(principal, { bucket, key });
      found[index] = { bucket, key, name, sizeBytes, etag };
    }
  };
  await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, look));
  return found;
}

export interface ManifestEntry extends S3Place {
  /** What the manifest has behind the prefix, without slashes before it. */
  readonly name: string;
}

/**
 * `[{"prefix": "s3://bucket/folder/"}, "a.csv", "b.csv"]`; prefix and end are put together as they are, so either may
 * have the slash. @throws JobFailure naming the entry that is wrong
 */
export function parseManifest(text: string, uri: string): readonly ManifestEntry[] {
  const wrong = (what: string) => new JobFailure(`ClientError: The manifest ${uri} ${what}.`);
  let entries: unknown;
  try {
    entries = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw wrong(`is no JSON: ${(cause as Error).message}`);
  }
  if (!Array.isArray(entries)) throw wrong("is no JSON list");
  const [first, ...names] = entries as readonly unknown[];
  const prefix = (first as { readonly prefix?: unknown } | null | undefined)?.prefix;
  const start = typeof prefix === "string" ? parseS3Uri(prefix) : undefined;
  if (typeof prefix !== "string" || !start) throw wrong('must begin with {"prefix": "s3://bucket/folder/"}');
  if (names.length === 0) throw wrong("names no object");
  return names.map((name, index) => {
    const entry = `${JSON.stringify(name)} as entry ${index + 2}`;
    if (typeof name !== "string" || name === "") throw wrong(`has ${entry}, expected the end of a key`);
    const place = parseS3Uri(prefix + name);
    if (place?.bucket !== start.bucket)
      throw wrong(`has ${entry}, which does not make a key of the bucket ${start.bucket} behind "${prefix}"`);
    return { ...place, name: name.replace(/^\/+/, "") };
  });
}
