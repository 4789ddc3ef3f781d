// What the validation profile of an algorithm asks for: a training job with its image, then a transform job with what came
// of it (guide, "Create an Algorithm Resource").
import type { AlgorithmValidationSpecification } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import type { AlgorithmDocument } from "../shared/algorithm.ts";
import type { ValidationPlan } from "../shared/validation-runs.ts";

/** @throws ApiError Validation for a profile that its algorithm cannot meet */
export function checkProfile(
  { TrainingSpecification: training, InferenceSpecification }: AlgorithmDocument,
  { ValidationProfiles: [profile] }: AlgorithmValidationSpecification,
): void {
  if (!profile) return;
  const { TrainingJobDefinition: job, TransformJobDefinition, ProfileName } = profile;
  const invalid = (what: string) => errors.validation(`Validation profile "${ProfileName}": ${what}`);
  if (TransformJobDefinition && !InferenceSpecification)
    throw invalid("TransformJobDefinition needs an InferenceSpecification of the algorithm, got none.");
  const channels = job.InputDataConfig.map(({ ChannelName }) => ChannelName);
  for (const { Name, IsRequired } of training.TrainingChannels)
    if (IsRequired && !channels.includes(Name)) throw invalid(`expected the required channel "${Name}".`);
  for (const channel of channels)
    if (!training.TrainingChannels.some(({ Name }) => Name === channel))
      throw invalid(`expected a channel of TrainingChannels, got "${channel}".`);
  const type = job.ResourceConfig.InstanceType;
  if (type !== undefined && !training.SupportedTrainingInstanceTypes.includes(type))
    throw invalid(`expected an instance type of SupportedTrainingInstanceTypes, got ${type}.`);
  if ((job.ResourceConfig.InstanceCount ?? 1) > 1 && !training.SupportsDistributedTraining)
    throw invalid("the algorithm does not support distributed training, expected an InstanceCount of 1.");
  for (const { Name, IsRequired, DefaultValue } of training.SupportedHyperParameters ?? [])
    if (IsRequired && DefaultValue === undefined && job.HyperParameters?.[Name] === undefined)
      throw invalid(`expected the required hyperparameter "${Name}".`);
}

/** Algorithms and what they make run without the internet (guide, "Run Training and Inference Containers in Internet-Free Mode"). */
export function planOf(document: AlgorithmDocument): ValidationPlan {
  const { TrainingSpecification: training, InferenceSpecification, ValidationSpecification } = document;
  const profile = ValidationSpecification?.ValidationProfiles[0];
  if (!ValidationSpecification || !profile) return { roleArn: "" };
  const { TrainingInputMode, HyperParameters, ...job } = profile.TrainingJobDefinition;
  const { TrainingImage, MetricDefinitions } = training;
  const defaults = (training.SupportedHyperParameters ?? []).flatMap(({ Name, DefaultValue }) =>
    DefaultValue === undefined ? [] : [[Name, DefaultValue] as const],
  );
  const container = InferenceSpecification?.Containers[0];
  return {
    roleArn: ValidationSpecification.ValidationRole,
    training: {
      ...job,
      AlgorithmSpecification: { TrainingImage, TrainingInputMode, ...(MetricDefinitions ? { MetricDefinitions } : {}) },
      HyperParameters: { ...Object.fromEntries(defaults), ...HyperParameters },
      EnableNetworkIsolation: true,
    },
    ...(container ? { container: { Image: container.Image, Environment: container.Environment } } : {}),
    ...(profile.TransformJobDefinition ? { transform: profile.TransformJobDefinition } : {}),
  };
}
