// Rules of CreateTrainingJob that cross members or ask for what is not built; single members are checked by the wire.
import { posix } from "node:path";
import type { CreateTrainingJobRequest } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import type { SeenImage } from "../../../engine/engine.ts";
import { instanceSize } from "../../../engine/instance-types.ts";
import { patternProblem } from "../../../engine/metrics.ts";
import { notBuilt } from "../shared/not-built.ts";
import type { Parts } from "../shared/noun.ts";
import type { Quotas } from "../shared/quotas.ts";
import { needS3Uri } from "../shared/s3-uri.ts";
import { checkChannels } from "./channels/validate.ts";
import { LONGEST_RUNTIME_SECONDS, maxRuntimeSeconds, runsScript } from "./document.ts";
import { userOf } from "./quota.ts";

/** `image`: what there is to the one that the request names. @throws ApiError Validation, ResourceLimitExceeded */
export function checkTrainingJob(
  request: CreateTrainingJobRequest,
  { fileSystems, quotas }: Pick<Parts, "fileSystems" | "quotas">,
  image: SeenImage,
): void {
  checkAlgorithm(request, image);
  checkResources(request, quotas);
  checkTimes(request);
  checkCheckpoints(request);
  const { S3OutputPath, CompressionType } = request.OutputDataConfig;
  needS3Uri(S3OutputPath, "OutputDataConfig.S3OutputPath");
  // The SDK of the third generation names the default.
  if (CompressionType !== undefined && CompressionType !== "GZIP")
    throw notBuilt(`OutputDataConfig.CompressionType ${CompressionType}`);
  checkChannels(request, fileSystems);
}

function checkAlgorithm(request: CreateTrainingJobRequest, { problem, builtInMetrics }: SeenImage): void {
  const { AlgorithmSpecification: algorithm } = request;
  if (!algorithm) throw errors.validation("AlgorithmSpecification must be given.");
  const { TrainingImage, MetricDefinitions } = algorithm;
  if (TrainingImage === undefined)
    throw errors.validation("AlgorithmSpecification must name a TrainingImage or an AlgorithmName, got neither.");
  if (problem !== undefined) throw errors.validation(problem);
  if (MetricDefinitions?.length && !runsScript(request) && builtInMetrics)
    throw errors.validation(
      "You can't override the metric definitions for Amazon SageMaker algorithms. Please retry the request without specifying metric definitions.",
    );
  for (const { Name, Regex } of MetricDefinitions ?? []) {
    const wrong = patternProblem(Regex);
    if (wrong !== undefined)
      throw errors.validation(`MetricDefinitions "${Name}": the expression ${Regex} cannot be used: ${wrong}.`);
  }
}

function checkResources(request: CreateTrainingJobRequest, quotas: Quotas): void {
  const { ResourceConfig: resources } = request;
  if (!resources?.InstanceType) throw errors.validation("ResourceConfig.InstanceType must be given.");
  instanceSize(resources.InstanceType);
  if (!resources.InstanceCount)
    throw errors.validation("ResourceConfig.InstanceCount must be given and be at least 1.");
  if (!resources.VolumeSizeInGB)
    throw errors.validation("ResourceConfig.VolumeSizeInGB must be given and be at least 1.");
  quotas.checkInstances(userOf(request), resources.InstanceCount);
}

function checkTimes(request: CreateTrainingJobRequest): void {
  const { StoppingCondition: stopping, EnableManagedSpotTraining } = request;
  const { MaxRuntimeInSeconds: run, MaxWaitTimeInSeconds: wait } = stopping ?? {};
  if (!EnableManagedSpotTraining && wait !== undefined)
    throw errors.validation("MaxWaitTimeInSeconds can only be given together with EnableManagedSpotTraining.");
  if (EnableManagedSpotTraining && (wait === undefined || wait < maxRuntimeSeconds(request)))
    throw errors.validation(
      `Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds, ${maxRuntimeSeconds(request)}; got ${wait ?? "none"}.`,
    );
  if (run !== undefined && run > LONGEST_RUNTIME_SECONDS)
    throw errors.validation(`MaxRuntimeInSeconds must be 1 to ${LONGEST_RUNTIME_SECONDS} (28 days), got ${run}.`);
}

/** Places inside that are the platform's, and system folders that a mount would hide. */
const TAKEN = ["/opt/ml/input", "/opt/ml/output/failure", "/proc", "/sys", "/dev"];
const TOO_HIGH = ["/", "/opt", "/opt/ml", "/etc", "/usr", "/bin", "/lib", "/lib64", "/sbin", "/run", "/var"];

function checkCheckpoints({ CheckpointConfig }: CreateTrainingJobRequest): void {
  if (!CheckpointConfig) return;
  needS3Uri(CheckpointConfig.S3Uri, "CheckpointConfig.S3Uri");
  const { LocalPath } = CheckpointConfig;
  if (LocalPath === undefined) return;
  const wrong = (what: string) =>
    errors.validation(`CheckpointConfig.LocalPath ${what}, got ${JSON.stringify(LocalPath)}.`);
  if (!LocalPath.startsWith("/") || LocalPath.includes("\0")) throw wrong("must be an absolute path");
  if (LocalPath.split("/").some((part) => part === "." || part === "..")) throw wrong('must have no part "." or ".."');
  const path = posix.normalize(LocalPath).replace(/(?<=.)\/$/, "");
  if (TOO_HIGH.includes(path)) throw wrong("must name a folder of its own below the system's");
  if (TAKEN.some((taken) => `${path}/`.startsWith(`${taken}/`))) throw wrong(`must lie outside of ${TAKEN.join(", ")}`);
}
