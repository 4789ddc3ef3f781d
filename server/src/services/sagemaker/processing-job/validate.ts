// Rules of CreateProcessingJob that cross members or ask for what is not built; single members are checked by the wire.
import type {
  CreateProcessingJobRequest,
  ProcessingInput,
  ProcessingOutput,
} from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import type { ImagePlace } from "../../../engine/engine.ts";
import { instanceSize } from "../../../engine/instance-types.ts";
import { isFifoOf } from "../shared/feeding/plan.ts";
import type { Parts } from "../shared/noun.ts";
import type { Quotas } from "../shared/quotas.ts";
import { needS3Uri } from "../shared/s3-uri.ts";
import { LONGEST_RUNTIME_SECONDS } from "./document.ts";
import { localPath, pathProblem, VOLUME } from "./paths.ts";

/** @throws ApiError Validation, ResourceLimitExceeded */
export async function checkProcessingJob(
  request: CreateProcessingJobRequest,
  { engine, quotas }: Pick<Parts, "engine" | "quotas">,
  place: ImagePlace,
): Promise<void> {
  const { problem } = await engine.lookAtImage(request.AppSpecification.ImageUri, place);
  if (problem !== undefined) throw errors.validation(problem);
  checkResources(request, quotas);
  const { ProcessingInputs: inputs = [], ProcessingOutputConfig } = request;
  for (const input of inputs) checkInput(input);
  checkTogether(inputs);
  const outputs = ProcessingOutputConfig?.Outputs ?? [];
  for (const output of outputs) checkOutput(output);
  checkPipes(inputs, outputs);
  const name = twice(outputs.map(({ OutputName }) => OutputName));
  if (name !== undefined)
    throw errors.validation(`ProcessingOutputConfig.Outputs has the name "${name}" more than once.`);
}

function checkResources({ ProcessingResources, StoppingCondition }: CreateProcessingJobRequest, quotas: Quotas): void {
  const { InstanceType, InstanceCount } = ProcessingResources.ClusterConfig;
  const where = "ProcessingResources.ClusterConfig";
  if (!InstanceType) throw errors.validation(`${where}.InstanceType must be given.`);
  instanceSize(InstanceType);
  if (InstanceCount === undefined) throw errors.validation(`${where}.InstanceCount must be given.`);
  quotas.checkInstances("processing job", InstanceCount);
  const seconds = StoppingCondition?.MaxRuntimeInSeconds;
  if (seconds !== undefined && seconds > LONGEST_RUNTIME_SECONDS)
    throw errors.validation(
      `StoppingCondition.MaxRuntimeInSeconds must be 1 to ${LONGEST_RUNTIME_SECONDS} (7 days), got ${seconds}.`,
    );
}

function checkInput({ InputName, S3Input: s3 }: ProcessingInput): void {
  const where = `ProcessingInputs "${InputName}"`;
  if (!s3) throw errors.validation(`${where}: S3Input must be given.`);
  const problem = pathProblem(s3.LocalPath);
  if (problem !== undefined) throw errors.validation(`${where}: S3Input.LocalPath ${problem}.`);
  const { key } = needS3Uri(s3.S3Uri, `${where}.S3Uri`);
  if (key === "" && s3.S3DataType === "ManifestFile")
    throw errors.validation(`${where}.S3Uri: a ManifestFile is an object, got the bucket ${s3.S3Uri}.`);
  if (s3.S3InputMode === "Pipe" && localPath(s3) === VOLUME)
    throw errors.validation(`${where}: S3Input.LocalPath must name something below ${VOLUME}/ for S3InputMode Pipe.`);
  if (s3.S3CompressionType === "Gzip" && s3.S3InputMode !== "Pipe")
    throw errors.validation(
      `${where}: S3CompressionType Gzip needs S3InputMode Pipe; in File mode files stay as they are.`,
    );
}

/** Inputs may lie in one another, as a script below the data it works on, but not at one place. */
function checkTogether(inputs: readonly ProcessingInput[]): void {
  const name = twice(inputs.map(({ InputName }) => InputName));
  if (name !== undefined) throw errors.validation(`ProcessingInputs has the name "${name}" more than once.`);
  const path = twice(inputs.map(({ S3Input }) => localPath(S3Input ?? {})));
  if (path === undefined) return;
  const names = inputs.filter(({ S3Input }) => localPath(S3Input ?? {}) === path).map(({ InputName }) => InputName);
  throw errors.validation(
    `ProcessingInputs: each input needs a LocalPath of its own, got ${path} for "${names.join('" and "')}".`,
  );
}

/** FIFOs of an input need their names for themselves. */
function checkPipes(inputs: readonly ProcessingInput[], outputs: readonly ProcessingOutput[]): void {
  const places = [
    ...inputs.map(({ InputName, S3Input }) => ({ name: InputName, path: localPath(S3Input ?? {}) })),
    ...outputs.map(({ OutputName, S3Output }) => ({ name: OutputName, path: localPath(S3Output ?? {}) })),
  ];
  for (const { InputName: name, S3Input: pipe } of inputs) {
    if (pipe?.S3InputMode !== "Pipe") continue;
    const taken = places.find(({ path }) => isFifoOf(localPath(pipe), path));
    if (taken)
      throw errors.validation(
        `ProcessingInputs: the LocalPath of "${taken.name}" is that of a FIFO of "${name}"; choose another.`,
      );
  }
}

function checkOutput({ OutputName, S3Output: s3 }: ProcessingOutput): void {
  const where = `ProcessingOutputConfig.Outputs "${OutputName}"`;
  if (!s3) throw errors.validation(`${where}: S3Output must be given.`);
  const problem = pathProblem(s3.LocalPath);
  if (problem !== undefined) throw errors.validation(`${where}: S3Output.LocalPath ${problem}.`);
  needS3Uri(s3.S3Uri, `${where}.S3Uri`);
}

/** The first value that is there more than once. */
const twice = (values: readonly string[]): string | undefined =>
  values.find((value, index) => values.indexOf(value) !== index);
