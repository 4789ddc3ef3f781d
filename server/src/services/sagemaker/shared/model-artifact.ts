// The artifact of a model, brought to where a serving container looks for it: model.tar.gz unpacked in /opt/ml/model.
import { mkdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Principal } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Objects } from "../../../core/ports.ts";
import { BadArchive, DEFAULT_ENTRIES, unpackTarGz } from "../../../engine/archive.ts";
import { JobFailure } from "../../../engine/job-kind.ts";
import { parseS3Uri } from "./s3-uri.ts";

const GIB = 2 ** 30;
/** Left free on the disk whatever an archive holds. */
const RESERVE_BYTES = GIB;

export interface ModelArtifact {
  /** None: the model's folder stays empty. */
  readonly url: string | undefined;
  /** Under which the object is read. */
  readonly principal: () => Promise<Principal>;
  /** Folder that the container sees as /opt/ml. */
  readonly folder: string;
  readonly volumeSizeGb: number;
  /** As the user knows the container, `container-1`. */
  readonly container: string;
  readonly signal: AbortSignal;
}

/** May be repeated: what a crash left half unpacked is removed first. @throws JobFailure in AWS's words, with the cause */
export async function fetchModel(objects: Objects, artifact: ModelArtifact): Promise<void> {
  const model = join(artifact.folder, "model");
  await rm(model, { recursive: true, force: true });
  await mkdir(model, { recursive: true });
  if (artifact.url === undefined) return;
  const place = parseS3Uri(artifact.url);
  if (!place) throw new JobFailure(`Expected model data of the form s3://bucket/key.tar.gz, got "${artifact.url}".`);
  const { body } = await openObject(objects, artifact, place);
  try {
    await unpackTarGz(body, model, { bytes: await room(artifact), entries: DEFAULT_ENTRIES }, artifact.signal);
  } catch (cause) {
    if (!(cause instanceof BadArchive)) throw cause;
    throw new JobFailure(
      `Failed to extract model data archive for container "${artifact.container}" from URL "${artifact.url}": ${cause.message}. Please ensure that the object located at the URL is a valid tar.gz archive.`,
      { cause },
    );
  }
}

async function openObject(objects: Objects, artifact: ModelArtifact, place: { bucket: string; key: string }) {
  try {
    return await objects.open(await artifact.principal(), place);
  } catch (cause) {
    if (!(cause instanceof JobFailure || (cause instanceof ApiError && cause.status < 500))) throw cause;
    throw new JobFailure(
      `Failed to download model data for container "${artifact.container}" from URL "${artifact.url}": ${cause.message} Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the model.`,
      { cause },
    );
  }
}

/** Bytes that an archive may grow to: the container's volume, and never what the machine itself needs. */
async function room({ folder, volumeSizeGb }: ModelArtifact): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return Math.max(0, Math.min(volumeSizeGb * GIB, bavail * bsize - RESERVE_BYTES));
}
