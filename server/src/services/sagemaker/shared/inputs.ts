// Which objects an S3 source means, and what each is called relative to it: by prefix or by manifest.
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Principal } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { ObjectReference, Objects } from "../../../core/ports.ts";
import { JobFailure } from "../../../engine/job-kind.ts";
import { parseS3Uri, type S3Place, s3Uri } from "./s3-uri.ts";

export interface InputObject extends ObjectReference {
  /** Name below the source, safe to join to a folder: no empty part, `.` or `..`. */
  readonly name: string;
  readonly sizeBytes: number;
}

export interface InputSource {
  readonly type: "S3Prefix" | "ManifestFile";
  readonly uri: string;
  /** The role whose rights are used, for texts. */
  readonly roleArn: string;
}

/** A manifest is one JSON list of names; more than this is a mistake. */
const MANIFEST_LIMIT_BYTES = 64 * 2 ** 20;

/** @throws JobFailure ClientError naming the place that is missing, unreadable or unsafe */
export async function listInputs(
  objects: Objects,
  principal: Principal,
  source: InputSource,
): Promise<readonly InputObject[]> {
  const place = parseS3Uri(source.uri);
  if (!place)
    throw new JobFailure(`ClientError: Expected an S3 URI of the form s3://bucket/prefix, got "${source.uri}".`);
  try {
    return source.type === "S3Prefix"
      ? await listPrefix(objects, principal, place, source)
      : await listManifest(objects, principal, place);
  } catch (cause) {
    if (cause instanceof ApiError && cause.status < 500)
      throw new JobFailure(`ClientError: ${source.uri} cannot be read by the role ${source.roleArn}: ${cause.message}`);
    throw cause;
  }
}

async function listPrefix(
  objects: Objects,
  principal: Principal,
  { bucket, key: prefix }: S3Place,
  { uri, roleArn }: InputSource,
): Promise<readonly InputObject[]> {
  const found: InputObject[] = [];
  for await (const { key, sizeBytes } of objects.list(principal, bucket, prefix)) {
    // A key that ends in a slash is a folder as consoles make them, not data.
    if (key.endsWith("/")) continue;
    found.push({ bucket, key, sizeBytes, name: safeName(nameBelow(prefix, key), { bucket, key }) });
  }
  if (found.length === 0)
    throw new JobFailure(
      `ClientError: No S3 objects found under "${uri}". The bucket must exist in this region, objects must be there under this prefix, and the role "${roleArn}" must have s3:ListBucket on the bucket.`,
    );
  return found;
}

/**
 * Name of a key below a prefix: what follows the prefix, or for a prefix that ends inside a name (`data/tr` and
 * `data/train.csv`) what follows its last slash.
 */
export function nameBelow(prefix: string, key: string): string {
  const rest = key.slice(prefix.length);
  if (prefix === "" || prefix.endsWith("/")) return rest;
  if (rest.startsWith("/")) return rest.slice(1);
  return key.slice(prefix.lastIndexOf("/") + 1);
}

/** @throws JobFailure for a key that would leave the folder it is written to */
export function safeName(name: string, object: ObjectReference): string {
  const parts = name.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..") || name.includes("\0"))
    throw new JobFailure(
      `ClientError: The object ${s3Uri(object)} cannot be a file: its name has an empty part, "." or "..".`,
    );
  return name;
}

async function listManifest(objects: Objects, principal: Principal, place: S3Place): Promise<readonly InputObject[]> {
  const { body, sizeBytes } = await objects.open(principal, place);
  if (sizeBytes > MANIFEST_LIMIT_BYTES) {
    body.destroy();
    throw new JobFailure(
      `ClientError: The manifest ${s3Uri(place)} has ${sizeBytes} bytes; at most ${MANIFEST_LIMIT_BYTES} are read.`,
    );
  }
  const { bucket, prefix, names } = parseManifest(await textOf(body), s3Uri(place));
  const found: InputObject[] = [];
  for (const name of names) {
    const key = prefix + name;
    const facts = await objects.head(principal, { bucket, key });
    found.push({ bucket, key, sizeBytes: facts.sizeBytes, name: safeName(name, { bucket, key }) });
  }
  return found;
}

const textOf = async (body: Readable): Promise<string> => (await buffer(body)).toString("utf8");

/** `[{"prefix": "s3://bucket/folder/"}, "a.csv", "b.csv"]`. @throws JobFailure naming the entry that is wrong */
export function parseManifest(
  text: string,
  uri: string,
): { readonly bucket: string; readonly prefix: string; readonly names: readonly string[] } {
  const wrong = (what: string) => new JobFailure(`ClientError: The manifest ${uri} ${what}.`);
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch (cause) {
    throw wrong(`is no JSON: ${(cause as Error).message}`);
  }
  if (!Array.isArray(entries)) throw wrong("is no JSON list");
  const [first, ...names] = entries as readonly unknown[];
  const prefix = (first as { readonly prefix?: unknown } | undefined)?.prefix;
  const place = typeof prefix === "string" ? parseS3Uri(prefix) : undefined;
  if (!place) throw wrong('must begin with {"prefix": "s3://bucket/folder/"}');
  const bad = names.findIndex((name) => typeof name !== "string" || name === "");
  if (bad !== -1) throw wrong(`has ${JSON.stringify(names[bad])} as entry ${bad + 2}, expected the end of a key`);
  if (names.length === 0) throw wrong("names no object");
  return { bucket: place.bucket, prefix: place.key, names: names as readonly string[] };
}
