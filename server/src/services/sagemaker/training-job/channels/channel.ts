// What a channel's members mean: its mode, and which part of its content is a host's.
import type {
  Channel,
  CreateTrainingJobRequest,
  TrainingInputMode,
} from "../../../../../../contract/sagemaker/types.ts";
import { type Dealing, type Share, shareOf } from "../../shared/feeding/deal.ts";
import { hostsOf, type TrainingDocument } from "../document.ts";

/** The mode of a channel: its own, else the job's. */
export const modeOf = (
  channel: Channel,
  request: Pick<CreateTrainingJobRequest, "AlgorithmSpecification">,
): TrainingInputMode => channel.InputMode ?? request.AlgorithmSpecification?.TrainingInputMode ?? "File";

export const isPipe = (channel: Channel, request: CreateTrainingJobRequest): boolean =>
  modeOf(channel, request) === "Pipe";

/** Whether the job wants the activity `feed`. */
export const hasPipes = (request: CreateTrainingJobRequest): boolean =>
  (request.InputDataConfig ?? []).some((channel) => isPipe(channel, request));

export const fileSystemChannels = ({ InputDataConfig }: CreateTrainingJobRequest): readonly Channel[] =>
  (InputDataConfig ?? []).filter(({ DataSource }) => DataSource.FileSystemDataSource !== undefined);

/** The unit's part of a channel's content; undefined when each host has all of it. */
export const partOf = ({ DataSource }: Channel, document: TrainingDocument, unitId: string): Share | undefined =>
  shareOf(DataSource.S3DataSource?.S3DataDistributionType, hostsOf(document), unitId);

/** How an epoch's order is made. A seed is a long, and is taken as it came. */
export function dealingOf(channel: Channel, share: Share | undefined): Dealing {
  const { ShuffleConfig: shuffle } = channel;
  return { ...(shuffle ? { seed: String(shuffle.Seed) } : {}), ...(share ? { share } : {}) };
}

/** What it is, for texts. */
export const sourceOf = ({ ChannelName }: Channel): string => `channel "${ChannelName}"`;
