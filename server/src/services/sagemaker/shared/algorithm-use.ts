// Whether a training job asks of an algorithm resource only what it says that it can do
// (guide, "Use an Algorithm to Run a Training Job").
import type {
  Channel,
  ChannelSpecification,
  ResourceConfig,
  TrainingInputMode,
  TrainingSpecification,
} from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import { isWithin } from "./hyper-parameters.ts";

/** What of a training job an algorithm has a say in. */
export interface AlgorithmUse {
  readonly TrainingInputMode: TrainingInputMode;
  readonly HyperParameters?: Readonly<Record<string, string>> | undefined;
  readonly InputDataConfig?: readonly Channel[] | undefined;
  readonly ResourceConfig?: ResourceConfig | undefined;
}

/** `who`: the algorithm or its profile, for the text. @throws ApiError Validation */
export function checkUse(who: string, algorithm: TrainingSpecification, job: AlgorithmUse): void {
  const problem =
    hyperParameterProblem(algorithm, job) ?? channelsProblem(algorithm, job) ?? resourcesProblem(algorithm, job);
  if (problem !== undefined) throw errors.validation(`${who}: ${problem}`);
}

function hyperParameterProblem(
  { SupportedHyperParameters = [] }: TrainingSpecification,
  { HyperParameters: given = {} }: AlgorithmUse,
): string | undefined {
  for (const { Name, IsRequired, DefaultValue } of SupportedHyperParameters)
    if (IsRequired && DefaultValue === undefined && given[Name] === undefined)
      return `expected the required hyperparameter "${Name}".`;
  for (const [name, value] of Object.entries(given)) {
    const specification = SupportedHyperParameters.find(({ Name }) => Name === name);
    if (!specification) return `expected a hyperparameter of SupportedHyperParameters, got "${name}".`;
    if (!isWithin(value, specification))
      return `hyperparameter "${name}": expected a value within its Type ${specification.Type} and Range, got "${value}".`;
  }
  return undefined;
}

function channelsProblem({ TrainingChannels }: TrainingSpecification, job: AlgorithmUse): string | undefined {
  const given = job.InputDataConfig ?? [];
  for (const { Name, IsRequired } of TrainingChannels)
    if (IsRequired && !given.some(({ ChannelName }) => ChannelName === Name))
      return `expected the required channel "${Name}".`;
  for (const channel of given) {
    const specification = TrainingChannels.find(({ Name }) => Name === channel.ChannelName);
    if (!specification) return `expected a channel of TrainingChannels, got "${channel.ChannelName}".`;
    const problem = channelProblem(specification, channel, channel.InputMode ?? job.TrainingInputMode);
    if (problem !== undefined) return `channel "${channel.ChannelName}": ${problem}`;
  }
  return undefined;
}

function channelProblem(
  { SupportedContentTypes, SupportedCompressionTypes, SupportedInputModes }: ChannelSpecification,
  { ContentType, CompressionType = "None" }: Channel,
  mode: TrainingInputMode,
): string | undefined {
  if (!SupportedInputModes.includes(mode))
    return `expected the input mode ${SupportedInputModes.join(" or ")}, got ${mode}.`;
  if (ContentType !== undefined && !SupportedContentTypes.includes(ContentType))
    return `expected the content type ${SupportedContentTypes.join(" or ")}, got ${ContentType}.`;
  if (SupportedCompressionTypes?.length && !SupportedCompressionTypes.includes(CompressionType))
    return `expected the compression type ${SupportedCompressionTypes.join(" or ")}, got ${CompressionType}.`;
  return undefined;
}

function resourcesProblem(algorithm: TrainingSpecification, { ResourceConfig }: AlgorithmUse): string | undefined {
  const { InstanceType: type, InstanceCount: count = 1 } = ResourceConfig ?? {};
  if (type !== undefined && !algorithm.SupportedTrainingInstanceTypes.includes(type))
    return `expected an instance type of SupportedTrainingInstanceTypes, got ${type}.`;
  if (count > 1 && !algorithm.SupportsDistributedTraining)
    return `the algorithm does not support distributed training: expected an InstanceCount of 1, got ${count}.`;
  return undefined;
}

/** The hyperparameters of a job with the algorithm's defaults for those that it leaves out. */
export const withDefaults = (
  { SupportedHyperParameters = [] }: TrainingSpecification,
  given: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    SupportedHyperParameters.flatMap(({ Name, DefaultValue }) =>
      DefaultValue === undefined ? [] : [[Name, DefaultValue] as const],
    ),
  ),
  ...given,
});
