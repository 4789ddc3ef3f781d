// Objects of S3 copied into a container's folder before its program starts.
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { ApiError } from "../../../core/errors.ts";
import type { ObjectReference, Objects } from "../../../core/ports.ts";
import { type ActivityContext, JobFailure } from "../../../engine/job-kind.ts";
import { atOnce } from "./at-once.ts";
import { isOwn, type Share } from "./feeding/deal.ts";
import type { InputObject } from "./inputs.ts";
import { s3Uri } from "./s3-uri.ts";

export interface InputCopy {
  readonly object: InputObject;
  /** Of the file on this machine; its folder is made. */
  readonly path: string;
  /** What it is part of, for texts: `channel "train"`. */
  readonly source: string;
}

/** Objects copied at once. */
const COPIES_AT_ONCE = 8;
const GIB = 2 ** 30;

/** The host's objects; one that a manifest names twice is one file. `share`: absent when each host has all. */
export function ownObjects(found: readonly InputObject[], share: Share | undefined): readonly InputObject[] {
  const own = share === undefined ? found : found.filter((_, index) => isOwn(index, share));
  return [...new Map(own.map((object) => [`${object.name}\0${object.key}`, object])).values()];
}

/** @throws JobFailure ClientError naming source and object, or that the volume is too small */
export async function copyInputs(
  objects: Objects,
  copies: readonly InputCopy[],
  {
    work,
    roleArn,
    volumeSizeGb,
  }: { readonly work: ActivityContext<unknown>; readonly roleArn: string; readonly volumeSizeGb: number | undefined },
): Promise<void> {
  const bytes = copies.reduce((sum, { object }) => sum + object.sizeBytes, 0);
  if (volumeSizeGb !== undefined && bytes > volumeSizeGb * GIB)
    throw new JobFailure(
      `ClientError: The input data has ${bytes} bytes, more than the volume of ${volumeSizeGb} GB. Choose a larger VolumeSizeInGB.`,
    );
  await atOnce(copies, COPIES_AT_ONCE, async ({ object, path, source }) => {
    work.signal.throwIfAborted();
    const { principal } = await work.session(roleArn);
    try {
      await mkdir(dirname(path), { recursive: true });
      const { etag } = await objects.copyToFile(principal, object, path, work.signal);
      if (etag !== object.etag)
        throw new JobFailure(`ClientError: ${s3Uri(object)} was changed after the job had listed it.`);
    } catch (cause) {
      throw inSource(source, asFailure(object, cause));
    }
  });
}

function asFailure(object: InputObject, cause: unknown): unknown {
  const problem = fileProblem(object, cause);
  if (problem !== undefined) return new JobFailure(`ClientError: ${problem}`);
  if (!(cause instanceof ApiError) || cause.status >= 500) return cause;
  if (cause.code === "NoSuchKey")
    return new JobFailure(`ClientError: ${s3Uri(object)} was deleted after the job had listed it.`);
  return new JobFailure(`ClientError: ${s3Uri(object)}: ${cause.message}`);
}

const REFUSED_NAMES = ["ENAMETOOLONG", "EEXIST", "ENOTDIR", "EISDIR", "ERR_FS_EISDIR"];

/** Why the disk does not take an object under its name, beside the files of others; undefined for any other cause. */
export function fileProblem(object: ObjectReference, cause: unknown): string | undefined {
  const { code = "" } = cause as NodeJS.ErrnoException;
  if (!REFUSED_NAMES.includes(code)) return undefined;
  return `The object ${s3Uri(object)} cannot be a file beside the others: ${code.replace("ERR_FS_", "")}.`;
}

/** Names the source in a failure's text. */
export function inSource(source: string, cause: unknown): unknown {
  if (!(cause instanceof JobFailure)) return cause;
  const text = cause.message.replace(/^ClientError: /, "");
  return new JobFailure(`ClientError: Data download failed for ${source}: ${text}`);
}
