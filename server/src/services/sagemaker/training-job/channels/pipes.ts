// Pipe mode, before the program starts: the first FIFO of each channel is there, and what the feeder has to know is written.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Channel } from "../../../../../../contract/sagemaker/types.ts";
import { dealingOf, fifoName, shareOf } from "./channel.ts";
import type { HostPlace } from "./copy.ts";
import { DATA_NAMES, HeldFolder } from "./fifo.ts";
import { feedFiles, type PlannedChannel, writeList, writePlan } from "./plan.ts";

/** `kept`: the feeder's folder, which the unit does not see. */
export async function layPipes(channels: readonly Channel[], kept: string, place: HostPlace): Promise<void> {
  await rm(join(kept, feedFiles.plan), { force: true });
  const planned: PlannedChannel[] = [];
  for (const [index, channel] of channels.entries()) planned.push(await plannedChannel(channel, index, kept, place));
  const folder = HeldFolder.open(place.folder, DATA_NAMES);
  try {
    for (const { name } of planned) folder.makeFifo(fifoName(name, 0));
  } finally {
    folder.close();
  }
  await writePlan(kept, { ml: place.folder, channels: planned });
}

async function plannedChannel(
  channel: Channel,
  index: number,
  kept: string,
  { work, unitId, contents }: HostPlace,
): Promise<PlannedChannel> {
  const content = contents.get(channel.ChannelName) ?? { objects: [] };
  const list = `objects-${index}.jsonl`;
  if ("objects" in content) await writeList(join(kept, list), content.objects);
  const attributes = channel.DataSource.S3DataSource?.AttributeNames ?? [];
  return {
    name: channel.ChannelName,
    isGzip: channel.CompressionType === "Gzip",
    isRecordIo: channel.RecordWrapperType === "RecordIO",
    dealing: dealingOf(channel, shareOf(channel, work.row.document, unitId)),
    content: "objects" in content ? { list } : { manifest: content.manifest, attributes },
  };
}
