// File mode: the host's part of each channel copied below /opt/ml/input/data before its program starts.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Channel } from "../../../../../../contract/sagemaker/types.ts";
import type { Objects } from "../../../../core/ports.ts";
import type { ActivityContext } from "../../../../engine/job-kind.ts";
import { copyInputs, type InputCopy, ownObjects } from "../../shared/copy-inputs.ts";
import type { TrainingDocument } from "../document.ts";
import { partOf, sourceOf } from "./channel.ts";
import type { Contents } from "./contents.ts";

/** A host whose /opt/ml is being filled. */
export interface HostPlace {
  readonly work: ActivityContext<TrainingDocument>;
  readonly unitId: string;
  /** The folder that its unit sees as /opt/ml. */
  readonly folder: string;
  readonly contents: Contents;
}

/** @throws JobFailure ClientError naming channel and object */
export async function copyChannels(objects: Objects, channels: readonly Channel[], place: HostPlace): Promise<void> {
  const { work, unitId, folder, contents } = place;
  const { RoleArn: roleArn, ResourceConfig } = work.row.document.request;
  const copies: InputCopy[] = [];
  for (const channel of channels) {
    const target = join(folder, "input/data", channel.ChannelName);
    await mkdir(target, { recursive: true });
    const content = contents.get(channel.ChannelName);
    if (!content || !("objects" in content)) continue;
    for (const object of ownObjects(content.objects, partOf(channel, work.row.document, unitId)))
      copies.push({ object, path: join(target, object.name), source: sourceOf(channel) });
  }
  await copyInputs(objects, copies, { work, roleArn, volumeSizeGb: ResourceConfig?.VolumeSizeInGB });
}
