// A folder of a container and a place in S3 that are kept in step: what filling the one and keeping the other know of both.
import type { Stats } from "node:fs";
import type { Principal } from "../../../../core/call.ts";
import { ApiError } from "../../../../core/errors.ts";
import type { Objects } from "../../../../core/ports.ts";
import { type ActivityContext, JobFailure } from "../../../../engine/job-kind.ts";
import { parseS3Uri, type S3Place } from "../s3-uri.ts";

/** Objects copied into the folder, or out of it, at once. */
export const COPIES_AT_ONCE = 8;

export interface FolderSyncParts {
  readonly objects: Objects;
  readonly work: ActivityContext<unknown>;
  /** Whose rights are used. */
  readonly roleArn: string;
  /** `s3://bucket/folder`, with or without a slash at its end. */
  readonly uri: string;
  /** File in which it is kept what S3 has, so that after a restart of the server nothing older goes over something newer. */
  readonly state: string;
  /** What is in the folder, for texts: `Checkpoint`. */
  readonly what: string;
  /** Of all files together: one of holes takes no disk. */
  readonly mostBytes: number;
  readonly mostFiles?: number;
  readonly kmsKeyId?: string | undefined;
}

/** What tells one version of a file from another, by file name. */
export type Versions = Record<string, string>;

export const versionOf = ({ size, mtimeMs, ino }: Stats): string => `${size} ${mtimeMs} ${ino}`;

/** As of now: sessions end, and policies change. */
export const principalOf = async ({ work, roleArn }: FolderSyncParts): Promise<Principal> =>
  (await work.session(roleArn)).principal;

/** @throws JobFailure for what is no place in S3 */
export function folderPlace(uri: string, what: string): S3Place {
  const place = parseS3Uri(uri);
  if (!place)
    throw new JobFailure(`ClientError: ${what}: expected an S3 URI of the form s3://bucket/prefix, got "${uri}".`);
  return { bucket: place.bucket, key: place.key === "" || place.key.endsWith("/") ? place.key : `${place.key}/` };
}

/** @throws JobFailure in the words of `failed` for what the caller of S3 is to be blamed for */
export async function clientErrors<Value>(
  place: string,
  failed: (place: string, cause: Error) => JobFailure,
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ApiError && cause.status < 500) throw failed(place, cause);
    throw cause;
  }
}
