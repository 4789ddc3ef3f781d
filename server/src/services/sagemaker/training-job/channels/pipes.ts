// Pipe mode: the channels as the feeder takes them, FIFOs in /opt/ml/input/data.
import type { Channel } from "../../../../../../contract/sagemaker/types.ts";
import type { StreamedInput } from "../../shared/feeding/lay.ts";
import { dealingOf, partOf, sourceOf } from "./channel.ts";
import type { HostPlace } from "./copy.ts";

export function streamedChannel(channel: Channel, { work, unitId, contents }: HostPlace): StreamedInput {
  const content = contents.get(channel.ChannelName) ?? { objects: [] };
  const attributes = channel.DataSource.S3DataSource?.AttributeNames ?? [];
  return {
    source: sourceOf(channel),
    folder: ["input", "data"],
    name: channel.ChannelName,
    isGzip: channel.CompressionType === "Gzip",
    isRecordIo: channel.RecordWrapperType === "RecordIO",
    dealing: dealingOf(channel, partOf(channel, work.row.document, unitId)),
    content: "objects" in content ? content : { ...content, attributes },
  };
}
