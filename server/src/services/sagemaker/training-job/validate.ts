// Rules of CreateTrainingJob that cross members or ask for what is not built; single members are checked by the wire.
import type { CreateTrainingJobRequest } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import type { Engine } from "../../../engine/engine.ts";
import { instanceSize } from "../../../engine/instance-types.ts";
import { patternProblem } from "../../../engine/metrics.ts";
import { needS3Uri } from "../shared/s3-uri.ts";
import { checkChannels } from "./channels/validate.ts";
import { LONGEST_RUNTIME_SECONDS } from "./document.ts";

/** @throws ApiError Validation */
export function checkTrainingJob(request: CreateTrainingJobRequest, engine: Engine): void {
  checkAlgorithm(request, engine);
  checkResources(request);
  checkTimes(request);
  const { S3OutputPath, CompressionType } = request.OutputDataConfig;
  needS3Uri(S3OutputPath, "OutputDataConfig.S3OutputPath");
  // The SDK of the third generation names the default.
  if (CompressionType !== undefined && CompressionType !== "GZIP")
    throw notBuilt(`OutputDataConfig.CompressionType ${CompressionType}`);
  checkChannels(request);
}

function checkAlgorithm({ AlgorithmSpecification: algorithm }: CreateTrainingJobRequest, engine: Engine): void {
  if (!algorithm) throw notBuilt("AlgorithmSpecification must be given; jobs without it");
  const { TrainingImage: image, AlgorithmName, MetricDefinitions } = algorithm;
  if (AlgorithmName !== undefined) throw notBuilt("AlgorithmSpecification.AlgorithmName (algorithm resources)");
  if (image === undefined)
    throw errors.validation("AlgorithmSpecification must name a TrainingImage or an AlgorithmName, got neither.");
  const problem = engine.imageProblem(image);
  if (problem !== undefined) throw errors.validation(problem);
  if (MetricDefinitions?.length && engine.builtInMetrics(image))
    throw errors.validation(
      "You can't override the metric definitions for Amazon SageMaker algorithms. Please retry the request without specifying metric definitions.",
    );
  for (const { Name, Regex } of MetricDefinitions ?? []) {
    const wrong = patternProblem(Regex);
    if (wrong !== undefined)
      throw errors.validation(`MetricDefinitions "${Name}": the expression ${Regex} cannot be used: ${wrong}.`);
  }
}

function checkResources({ ResourceConfig: resources }: CreateTrainingJobRequest): void {
  if (!resources?.InstanceType) throw errors.validation("ResourceConfig.InstanceType must be given.");
  instanceSize(resources.InstanceType);
  if (resources.InstanceCount === undefined) throw errors.validation("ResourceConfig.InstanceCount must be given.");
  if (resources.InstanceCount > 1)
    throw notBuilt(`ResourceConfig.InstanceCount ${resources.InstanceCount} (training on several instances)`);
  if (!resources.VolumeSizeInGB)
    throw errors.validation("ResourceConfig.VolumeSizeInGB must be given and be at least 1.");
}

function checkTimes({ StoppingCondition: stopping, EnableManagedSpotTraining }: CreateTrainingJobRequest): void {
  if (EnableManagedSpotTraining) throw notBuilt("EnableManagedSpotTraining");
  const { MaxRuntimeInSeconds: run, MaxWaitTimeInSeconds: wait } = stopping ?? {};
  if (wait !== undefined)
    throw errors.validation("MaxWaitTimeInSeconds can only be given together with EnableManagedSpotTraining.");
  if (run !== undefined && run > LONGEST_RUNTIME_SECONDS)
    throw errors.validation(`MaxRuntimeInSeconds must be 1 to ${LONGEST_RUNTIME_SECONDS} (28 days), got ${run}.`);
}

const notBuilt = (what: string) => errors.validation(`${what} is not yet available in Sagebrush.`);
