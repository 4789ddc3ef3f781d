// The model of a serving container: its archive, unpacked into /opt/ml/model under the model's role. Used by endpoints
// and transform jobs.
import { mkdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { ApiError } from "../../../core/errors.ts";
import type { Objects } from "../../../core/ports.ts";
import { BadArchive, DEFAULT_ENTRIES, unpackTarGz } from "../../../engine/archive.ts";
import { type ActivityContext, JobFailure } from "../../../engine/job-kind.ts";
import { parseS3Uri } from "./s3-uri.ts";

/** Seconds a serving container may take to the first 200 on /ping (container contract). */
export const START_LIMIT_SECONDS = 240;

/** Most bytes of an unpacked model: what the volumes of hosting instances hold. */
export const MODEL_LIMIT_BYTES = 30 * 2 ** 30;

/** Left free on the disk whatever an archive holds. */
const RESERVE_BYTES = 2 ** 30;

export interface ModelFiles {
  /** `s3://bucket/key.tar.gz`; without one the folder stays empty. */
  readonly url: string | undefined;
  readonly roleArn: string;
  /** Unit whose /opt/ml is filled. */
  readonly unitId: string;
}

/** @throws JobFailure ClientError naming the artifact, and the entry when one is refused */
export async function fillModelFolder(
  objects: Objects,
  work: Pick<ActivityContext<unknown>, "unitFolder" | "session" | "signal">,
  { url, roleArn, unitId }: ModelFiles,
): Promise<void> {
  const folder = join(await work.unitFolder(unitId), "model");
  // A repeated activity begins afresh: what a crash left half-unpacked is no model.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  if (url === undefined) return;
  const place = parseS3Uri(url);
  if (!place) throw new JobFailure(`ClientError: Expected model data at s3://bucket/key.tar.gz, got "${url}".`);
  const { principal } = await work.session(roleArn);
  try {
    const { body } = await objects.open(principal, place);
    await unpackTarGz(body, folder, { bytes: await room(folder), entries: DEFAULT_ENTRIES }, work.signal);
  } catch (cause) {
    if (cause instanceof BadArchive)
      throw new JobFailure(`ClientError: The model archive ${url} is refused: ${cause.message}.`);
    if (cause instanceof ApiError && cause.status < 500)
      throw new JobFailure(`ClientError: Model data at ${url} cannot be read by the role ${roleArn}: ${cause.message}`);
    throw cause;
  }
}

/** Bytes that an archive may grow to. */
async function room(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return Math.max(0, Math.min(MODEL_LIMIT_BYTES, bavail * bsize - RESERVE_BYTES));
}
