// File mode: the host's part of each channel copied below /opt/ml/input/data before its program starts.
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Channel, CreateTrainingJobRequest } from "../../../../../../contract/sagemaker/types.ts";
import type { Principal } from "../../../../core/call.ts";
import { ApiError } from "../../../../core/errors.ts";
import type { Objects } from "../../../../core/ports.ts";
import { type ActivityContext, JobFailure } from "../../../../engine/job-kind.ts";
import type { InputObject } from "../../shared/inputs.ts";
import { s3Uri } from "../../shared/s3-uri.ts";
import type { TrainingDocument } from "../document.ts";
import { shareOf } from "./channel.ts";
import { type Contents, inChannel } from "./contents.ts";
import { isOwn } from "./deal.ts";

/** Objects copied at once. */
const COPIES_AT_ONCE = 8;
const GIB = 2 ** 30;

/** A host whose /opt/ml is being filled. */
export interface HostPlace {
  readonly work: ActivityContext<TrainingDocument>;
  readonly unitId: string;
  /** The folder that its unit sees as /opt/ml. */
  readonly folder: string;
  readonly contents: Contents;
}

interface Copy {
  readonly object: InputObject;
  readonly path: string;
  readonly channel: string;
}

/** @throws JobFailure ClientError naming channel and object */
export async function copyChannels(objects: Objects, channels: readonly Channel[], place: HostPlace): Promise<void> {
  const { work, folder } = place;
  const { request } = work.row.document;
  const copies: Copy[] = [];
  for (const channel of channels) {
    const target = join(folder, "input/data", channel.ChannelName);
    await mkdir(target, { recursive: true });
    for (const object of ownObjects(channel, place))
      copies.push({ object, path: join(target, object.name), channel: channel.ChannelName });
  }
  checkRoom(
    copies.reduce((sum, { object }) => sum + object.sizeBytes, 0),
    request,
  );
  if (copies.length === 0) return;
  const copyNext = async (): Promise<void> => {
    for (let copy = copies.pop(); copy; copy = copies.pop()) {
      work.signal.throwIfAborted();
      const { principal } = await work.session(request.RoleArn);
      await copyObject(objects, principal, copy, work.signal);
    }
  };
  await Promise.all(Array.from({ length: COPIES_AT_ONCE }, copyNext));
}

/** The host's objects; one that a manifest names twice is one file. */
function ownObjects(channel: Channel, { work, unitId, contents }: HostPlace): readonly InputObject[] {
  const content = contents.get(channel.ChannelName);
  if (!content || !("objects" in content)) return [];
  const share = shareOf(channel, work.row.document, unitId);
  const own = content.objects.filter((_, index) => share === undefined || isOwn(index, share));
  return [...new Map(own.map((object) => [`${object.name}\0${object.key}`, object])).values()];
}

async function copyObject(objects: Objects, principal: Principal, copy: Copy, signal: AbortSignal): Promise<void> {
  const { object, path, channel } = copy;
  try {
    await mkdir(dirname(path), { recursive: true });
    const { etag } = await objects.copyToFile(principal, object, path, signal);
    if (etag !== object.etag)
      throw new JobFailure(`ClientError: ${s3Uri(object)} was changed after the job had listed it.`);
  } catch (cause) {
    throw inChannel(channel, asFailure(object, cause));
  }
}

function asFailure(object: InputObject, cause: unknown): unknown {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "ENAMETOOLONG" || code === "EEXIST" || code === "ENOTDIR" || code === "EISDIR")
    return new JobFailure(`ClientError: The object ${s3Uri(object)} cannot be a file beside the others: ${code}.`);
  if (!(cause instanceof ApiError) || cause.status >= 500) return cause;
  if (cause.code === "NoSuchKey")
    return new JobFailure(`ClientError: ${s3Uri(object)} was deleted after the job had listed it.`);
  return new JobFailure(`ClientError: ${s3Uri(object)}: ${cause.message}`);
}

function checkRoom(bytes: number, { ResourceConfig }: CreateTrainingJobRequest): void {
  const sizeGb = ResourceConfig?.VolumeSizeInGB;
  if (sizeGb !== undefined && bytes > sizeGb * GIB)
    throw new JobFailure(
      `ClientError: The input data has ${bytes} bytes, more than the volume of ${sizeGb} GB. Choose a larger VolumeSizeInGB.`,
    );
}
