// What a training container finds below /opt/ml: configuration files and channels (container contract of training).
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Channel, CreateTrainingJobRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Objects } from "../../../core/ports.ts";
import type { ActivityContext } from "../../../engine/job-kind.ts";
import { FEED_FOLDER } from "../shared/feeding/feed.ts";
import { layPipes } from "../shared/feeding/lay.ts";
import { resourceConfig } from "../shared/hosts.ts";
import { isPipe, modeOf } from "./channels/channel.ts";
import { ContentLists } from "./channels/contents.ts";
import { copyChannels } from "./channels/copy.ts";
import { streamedChannel } from "./channels/pipes.ts";
import { checkpointPath, hostsOf, type TrainingDocument } from "./document.ts";

/** The activity `download`: fills /opt/ml of the unit `of`. A repeated download begins afresh. */
export function download(objects: Objects): (work: ActivityContext<TrainingDocument>) => Promise<undefined> {
  const lists = new ContentLists(objects);
  return async (work) => {
    const { document } = work.row;
    const unitId = work.of ?? "";
    const folder = await work.unitFolder(unitId);
    // What a server that was killed left half-written is not data.
    await rm(join(folder, "input"), { recursive: true, force: true });
    for (const name of ["input/config", "input/data", "model", "output/data", "code", "checkpoints"])
      await mkdir(join(folder, name), { recursive: true });
    for (const [name, content] of Object.entries(configurationFiles(document, unitId)))
      await writeFile(join(folder, "input/config", name), JSON.stringify(content));
    const contents = await lists.of(work);
    const channels = (document.request.InputDataConfig ?? []).filter(
      ({ DataSource }) => !DataSource.FileSystemDataSource,
    );
    const isStreamed = (channel: Channel) => isPipe(channel, document.request);
    const place = { work, unitId, folder, contents };
    await copyChannels(
      objects,
      channels.filter((channel) => !isStreamed(channel)),
      place,
    );
    const pipes = channels.filter(isStreamed).map((channel) => streamedChannel(channel, place));
    if (pipes.length > 0) await layPipes(pipes, folder, await work.keptFolder(unitId, FEED_FOLDER));
    return undefined;
  };
}

/** Files of /opt/ml/input/config and what is in them. */
function configurationFiles(document: TrainingDocument, unitId: string): Readonly<Record<string, unknown>> {
  const { request } = document;
  const { CheckpointConfig: checkpoints } = request;
  return {
    ...(checkpoints
      ? { "checkpointconfig.json": { S3Uri: checkpoints.S3Uri, LocalPath: checkpointPath(request) } }
      : {}),
    "hyperparameters.json": request.HyperParameters ?? {},
    "inputdataconfig.json": inputDataConfig(request),
    "resourceconfig.json": {
      ...resourceConfig(hostsOf(document), unitId),
      network_interface_name: "eth0",
    },
  };
}

function inputDataConfig(request: CreateTrainingJobRequest): Readonly<Record<string, unknown>> {
  const channels = (request.InputDataConfig ?? []).map((channel) => [
    channel.ChannelName,
    {
      ...(channel.ContentType === undefined ? {} : { ContentType: channel.ContentType }),
      TrainingInputMode: modeOf(channel, request),
      S3DistributionType: channel.DataSource.S3DataSource?.S3DataDistributionType ?? "FullyReplicated",
      RecordWrapperType: channel.RecordWrapperType ?? "None",
    },
  ]);
  return Object.fromEntries(channels);
}
