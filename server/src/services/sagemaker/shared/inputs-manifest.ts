// Manifests: a JSON list of a prefix and the ends of URIs. API reference, S3DataSource (ManifestFile). Pure.
import { JobFailure } from "../../../engine/job-kind.ts";
import { parseS3Uri, type S3Place } from "./s3-uri.ts";

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
