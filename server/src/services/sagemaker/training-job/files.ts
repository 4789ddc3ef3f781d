// What a training container finds below /opt/ml: configuration files and channels (container contract of training).
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Channel, CreateTrainingJobRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Principal } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Objects } from "../../../core/ports.ts";
import type { ActivityContext } from "../../../engine/job-kind.ts";
import { JobFailure } from "../../../engine/job-kind.ts";
import { type InputObject, listInputs } from "../shared/inputs.ts";
import { s3Uri } from "../shared/s3-uri.ts";
import type { TrainingDocument } from "./document.ts";

/** Objects copied at once. */
const COPIES_AT_ONCE = 8;
const GIB = 2 ** 30;

/** The activity `download`: fills /opt/ml. */
export const download =
  (objects: Objects) =>
  async (work: ActivityContext<TrainingDocument>): Promise<undefined> => {
    const { request } = work.row.document;
    const folder = await work.unitFolder(work.of ?? "");
    for (const name of ["input/config", "input/data", "model", "output/data", "code", "checkpoints"])
      await mkdir(join(folder, name), { recursive: true });
    for (const [name, content] of Object.entries(configurationFiles(request)))
      await writeFile(join(folder, "input/config", name), JSON.stringify(content));
    const channels = (request.InputDataConfig ?? []).filter(({ DataSource }) => !DataSource.FileSystemDataSource);
    if (channels.length > 0) {
      const { principal } = await work.session(request.RoleArn);
      await fillChannels(channels, { objects, principal, request, folder, signal: work.signal });
    }
    return undefined;
  };

/** Files of /opt/ml/input/config and what is in them. */
export function configurationFiles(request: CreateTrainingJobRequest): Readonly<Record<string, unknown>> {
  const channels = (request.InputDataConfig ?? []).map((channel) => [
    channel.ChannelName,
    {
      ...(channel.ContentType === undefined ? {} : { ContentType: channel.ContentType }),
      TrainingInputMode: channel.InputMode ?? request.AlgorithmSpecification?.TrainingInputMode ?? "File",
      S3DistributionType: channel.DataSource.S3DataSource?.S3DataDistributionType ?? "FullyReplicated",
      RecordWrapperType: channel.RecordWrapperType ?? "None",
    },
  ]);
  return {
    "hyperparameters.json": request.HyperParameters ?? {},
    "inputdataconfig.json": Object.fromEntries(channels),
    "resourceconfig.json": { current_host: "algo-1", hosts: ["algo-1"], network_interface_name: "eth0" },
  };
}

interface Filling {
  readonly objects: Objects;
  readonly principal: Principal;
  readonly request: CreateTrainingJobRequest;
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** @throws JobFailure ClientError naming channel and place */
async function fillChannels(channels: readonly Channel[], filling: Filling): Promise<void> {
  const copies: { readonly object: InputObject; readonly path: string; readonly channel: string }[] = [];
  for (const channel of channels) {
    const name = channel.ChannelName;
    const target = join(filling.folder, "input/data", name);
    // A repeated download begins afresh: what a crash left half-written is not data.
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    for (const object of await listChannel(channel, filling))
      copies.push({ object, path: join(target, object.name), channel: name });
  }
  checkRoom(
    copies.reduce((sum, { object }) => sum + object.sizeBytes, 0),
    filling.request,
  );
  const copyNext = async (): Promise<void> => {
    for (let copy = copies.pop(); copy; copy = copies.pop()) {
      filling.signal.throwIfAborted();
      await copyObject(copy.object, copy.path, copy.channel, filling);
    }
  };
  await Promise.all(Array.from({ length: COPIES_AT_ONCE }, copyNext));
}

async function listChannel(channel: Channel, filling: Filling): Promise<readonly InputObject[]> {
  const source = channel.DataSource.S3DataSource;
  if (!source) throw new JobFailure(`ClientError: Channel "${channel.ChannelName}" has no S3DataSource.`);
  const type = source.S3DataType === "ManifestFile" ? "ManifestFile" : "S3Prefix";
  try {
    const { objects, principal, request } = filling;
    return await listInputs(objects, principal, { type, uri: source.S3Uri, roleArn: request.RoleArn });
  } catch (cause) {
    throw inChannel(channel.ChannelName, cause);
  }
}

async function copyObject(object: InputObject, path: string, channel: string, filling: Filling): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await filling.objects.copyToFile(filling.principal, object, path, filling.signal);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENAMETOOLONG" || code === "EEXIST" || code === "ENOTDIR" || code === "EISDIR")
      throw inChannel(
        channel,
        new JobFailure(`ClientError: The object ${s3Uri(object)} cannot be a file beside the others: ${code}.`),
      );
    if (cause instanceof ApiError && cause.status < 500)
      throw inChannel(channel, new JobFailure(`ClientError: ${s3Uri(object)}: ${cause.message}`));
    throw cause;
  }
}

/** Names the channel in a failure's text. */
function inChannel(channel: string, cause: unknown): unknown {
  if (!(cause instanceof JobFailure)) return cause;
  const text = cause.message.replace(/^ClientError: /, "");
  return new JobFailure(`ClientError: Data download failed for channel "${channel}": ${text}`);
}

function checkRoom(bytes: number, { ResourceConfig }: CreateTrainingJobRequest): void {
  const sizeGb = ResourceConfig?.VolumeSizeInGB;
  if (sizeGb !== undefined && bytes > sizeGb * GIB)
    throw new JobFailure(
      `ClientError: The input data has ${bytes} bytes, more than the volume of ${sizeGb} GB. Choose a larger VolumeSizeInGB.`,
    );
}
