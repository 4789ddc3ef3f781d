// Which objects an S3 source means, and what each is called relative to it: by prefix or by manifest.
import { buffer } from "node:stream/consumers";
import type { Principal } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { ObjectReference, Objects } from "../../../core/ports.ts";
import { JobFailure } from "../../../engine/job-kind.ts";
import { atOnce } from "./at-once.ts";
import { parseManifest } from "./inputs-manifest.ts";
import { parseS3Uri, type S3Place, s3Uri } from "./s3-uri.ts";

export interface InputObject extends ObjectReference {
  /** Name below the source, as the key has it; see `safeName`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** With its quotes: what tells one version of the object from another. */
  readonly etag: string;
}

export interface InputSource {
  readonly type: "S3Prefix" | "ManifestFile";
  readonly uri: string;
  /** The role whose rights are used, for texts. */
  readonly roleArn: string;
}

/** A manifest is one JSON list of names; more than this is a mistake. */
const MANIFEST_LIMIT_BYTES = 64 * 2 ** 20;

/** Entries looked up at once. */
const LOOKS_AT_ONCE = 16;

/**
 * What the source means, with names that are safe to join to a folder: no empty part, `.` or `..`.
 * @throws JobFailure ClientError naming the place that is missing, unreadable or unsafe
 */
export async function listInputs(
  objects: Objects,
  principal: Principal,
  source: InputSource,
): Promise<readonly InputObject[]> {
  const found = await listObjects(objects, principal, source);
  for (const object of found) safeName(object.name, object);
  return found;
}

/** As `listInputs`, for those who make no files of the names. */
export async function listObjects(
  objects: Objects,
  principal: Principal,
  source: InputSource,
): Promise<readonly InputObject[]> {
  const place = parseS3Uri(source.uri);
  if (!place)
    throw new JobFailure(`ClientError: Expected an S3 URI of the form s3://bucket/prefix, got "${source.uri}".`);
  return explained(source, () =>
    source.type === "S3Prefix"
      ? listPrefix(objects, principal, place, source)
      : listManifest(objects, principal, place),
  );
}

/** Names the source and the role in what S3 refuses. @throws JobFailure */
export async function explained<Result>(
  { uri, roleArn }: Omit<InputSource, "type">,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ApiError && cause.status < 500)
      throw new JobFailure(`ClientError: ${uri} cannot be read by the role ${roleArn}: ${cause.message}`);
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
  for await (const { key, sizeBytes, etag } of objects.list(principal, bucket, prefix)) {
    // A key that ends in a slash is a folder as consoles make them, not data.
    if (key.endsWith("/")) continue;
    found.push({ bucket, key, sizeBytes, etag, name: nameBelow(prefix, key) });
  }
  if (found.length === 0)
    throw new JobFailure(
      `ClientError: No S3 objects found under "${uri}". The bucket must exist in this region, objects must be there under this prefix, and the role "${roleArn}" must have s3:ListBucket on the bucket.`,
    );
  return found;
}

/** @throws JobFailure for a manifest that is none; ApiError for what is not there, or not the principal's to read */
async function listManifest(objects: Objects, principal: Principal, place: S3Place): Promise<readonly InputObject[]> {
  const { body, sizeBytes } = await objects.open(principal, place);
  if (sizeBytes > MANIFEST_LIMIT_BYTES) {
    body.destroy();
    throw new JobFailure(
      `ClientError: The manifest ${s3Uri(place)} has ${sizeBytes} bytes; at most ${MANIFEST_LIMIT_BYTES} are read.`,
    );
  }
  const entries = parseManifest((await buffer(body)).toString("utf8"), s3Uri(place));
  const found: InputObject[] = [];
  await atOnce(entries, LOOKS_AT_ONCE, async ({ bucket, key, name }, index) => {
    const { sizeBytes, etag } = await objects.head(principal, { bucket, key });
    found[index] = { bucket, key, name, sizeBytes, etag };
  });
  return found;
}

/**
 * Name of a key below a prefix: what follows the prefix, or for a prefix that ends inside a name (`data/tr` and
 * `data/train.csv`) what follows its last slash.
 */
function nameBelow(prefix: string, key: string): string {
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
