// Rules of CreateTrainingJob that cross members or ask for what is not built; single members are checked by the wire.
import type { Channel, CreateTrainingJobRequest } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import type { Engine } from "../../../engine/engine.ts";
import { instanceSize } from "../../../engine/instance-types.ts";
import { patternProblem } from "../../../engine/metrics.ts";
import { needS3Uri } from "../shared/s3-uri.ts";
import { LONGEST_RUNTIME_SECONDS, runsScript } from "./document.ts";

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
  const names = new Set<string>();
  for (const channel of request.InputDataConfig ?? []) {
    if (names.has(channel.ChannelName))
      throw errors.validation(`InputDataConfig has the channel "${channel.ChannelName}" more than once.`);
    names.add(channel.ChannelName);
    checkChannel(channel, request);
  }
}

function checkAlgorithm(request: CreateTrainingJobRequest, engine: Engine): void {
  const { AlgorithmSpecification: algorithm } = request;
  if (!algorithm) throw notBuilt("AlgorithmSpecification must be given; jobs without it");
  const { TrainingImage: image, AlgorithmName, MetricDefinitions } = algorithm;
  if (AlgorithmName !== undefined) throw notBuilt("AlgorithmSpecification.AlgorithmName (algorithm resources)");
  if (image === undefined)
    throw errors.validation("AlgorithmSpecification must name a TrainingImage or an AlgorithmName, got neither.");
  if (algorithm.TrainingInputMode !== "File")
    throw notBuilt(`AlgorithmSpecification.TrainingInputMode ${algorithm.TrainingInputMode}`);
  const problem = engine.imageProblem(image);
  if (problem !== undefined) throw errors.validation(problem);
  if (MetricDefinitions?.length && engine.builtInMetrics(image) && !runsScript(request))
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

function checkChannel(channel: Channel, request: CreateTrainingJobRequest): void {
  const where = `InputDataConfig "${channel.ChannelName}"`;
  if (channel.ChannelName === "." || channel.ChannelName === "..")
    throw errors.validation(`${where}: a channel cannot have this name.`);
  if (channel.InputMode !== undefined && channel.InputMode !== "File")
    throw notBuilt(`${where}.InputMode ${channel.InputMode}`);
  if (channel.DataSource.FileSystemDataSource) throw notBuilt(`${where}.DataSource.FileSystemDataSource`);
  const source = channel.DataSource.S3DataSource;
  if (!source) throw errors.validation(`${where}: DataSource must have an S3DataSource, got none.`);
  if (source.S3DataType !== "S3Prefix" && source.S3DataType !== "ManifestFile")
    throw notBuilt(`${where}.S3DataType ${source.S3DataType}`);
  if (source.AttributeNames?.length)
    throw errors.validation(`${where}: AttributeNames can only be given with S3DataType AugmentedManifestFile.`);
  if (channel.RecordWrapperType === "RecordIO")
    throw errors.validation(`${where}: RecordWrapperType RecordIO needs the input mode Pipe.`);
  if (channel.CompressionType === "Gzip" && request.AlgorithmSpecification?.TrainingInputMode === "File")
    throw errors.validation(
      `${where}: CompressionType Gzip needs the input mode Pipe; in File mode files stay as they are.`,
    );
  needS3Uri(source.S3Uri, `${where}.S3Uri`);
}

const notBuilt = (what: string) => errors.validation(`${what} is not yet available in Sagebrush.`);
