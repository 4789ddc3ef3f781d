// What the validation profile of an algorithm asks for: a training job with its image, then a transform job with what came
// of it (guide, "Create an Algorithm Resource").
import type { AlgorithmValidationSpecification } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import type { AlgorithmDocument } from "../shared/algorithm.ts";
import { checkUse, withDefaults } from "../shared/algorithm-use.ts";
import type { ValidationPlan } from "../shared/validation-runs.ts";

/** @throws ApiError Validation for a profile that its algorithm cannot meet */
export function checkProfile(
  { TrainingSpecification: training, InferenceSpecification }: AlgorithmDocument,
  { ValidationProfiles: [profile] }: AlgorithmValidationSpecification,
): void {
  if (!profile) return;
  const { TrainingJobDefinition, TransformJobDefinition, ProfileName } = profile;
  const who = `Validation profile "${ProfileName}"`;
  if (TransformJobDefinition && !InferenceSpecification)
    throw errors.validation(
      `${who}: TransformJobDefinition needs an InferenceSpecification of the algorithm, got none.`,
    );
  for (const member of ["InstanceType", "InstanceCount", "VolumeSizeInGB"] as const)
    if (!TrainingJobDefinition.ResourceConfig[member])
      throw errors.validation(`${who}: TrainingJobDefinition.ResourceConfig.${member} must be given.`);
  checkUse(who, training, TrainingJobDefinition);
}

/** Algorithms and what they make run without the internet (guide, "Run Training and Inference Containers in Internet-Free Mode"). */
export function planOf(document: AlgorithmDocument): ValidationPlan {
  const { TrainingSpecification: training, InferenceSpecification, ValidationSpecification } = document;
  const profile = ValidationSpecification?.ValidationProfiles[0];
  if (!ValidationSpecification || !profile) return { roleArn: "" };
  const { TrainingInputMode, HyperParameters, ...job } = profile.TrainingJobDefinition;
  const { TrainingImage, MetricDefinitions } = training;
  const container = InferenceSpecification?.Containers[0];
  return {
    roleArn: ValidationSpecification.ValidationRole,
    training: {
      ...job,
      AlgorithmSpecification: { TrainingImage, TrainingInputMode, ...(MetricDefinitions ? { MetricDefinitions } : {}) },
      HyperParameters: withDefaults(training, HyperParameters),
      EnableNetworkIsolation: true,
    },
    ...(container ? { container: { Image: container.Image, Environment: container.Environment } } : {}),
    ...(profile.TransformJobDefinition ? { transform: profile.TransformJobDefinition } : {}),
  };
}
