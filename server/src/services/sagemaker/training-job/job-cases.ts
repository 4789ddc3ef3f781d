// What tables of training jobs are made of: rows in a phase, what is seen of them, and the step that follows.
import assert from "node:assert/strict";
import { it } from "node:test";
import type { CreateTrainingJobRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Observed } from "../../../engine/job-kind.ts";
import { NOW } from "../shared/seen-cases.ts";
import { enter, type TrainingDocument, type TrainingRow } from "./document.ts";
import { next } from "./job.ts";

/** When every job got its instances. */
export const STARTED = NOW - 1000;

export const request: CreateTrainingJobRequest = {
  TrainingJobName: "job",
  RoleArn: "arn:aws:iam::123456789012:role/R",
  AlgorithmSpecification: { TrainingImage: "xgboost:1", TrainingInputMode: "File" },
  InputDataConfig: [],
  OutputDataConfig: { S3OutputPath: "s3://b/out/" },
  ResourceConfig: { InstanceType: "ml.m5.large", InstanceCount: 1, VolumeSizeInGB: 1 },
  StoppingCondition: { MaxRuntimeInSeconds: 60 },
};

export const two = { ...request, ResourceConfig: { ...request.ResourceConfig, InstanceCount: 2 } };
export const withCheckpoints = { ...request, CheckpointConfig: { S3Uri: "s3://b/ckpt" } };
export const spot = {
  ...withCheckpoints,
  EnableManagedSpotTraining: true,
  StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 600 },
};
const source = { S3DataSource: { S3DataType: "S3Prefix", S3Uri: "s3://b/in" } } as const;
export const piped: CreateTrainingJobRequest = {
  ...request,
  InputDataConfig: [{ ChannelName: "train", InputMode: "Pipe", DataSource: source }],
};
export const retried = { ...request, RetryStrategy: { MaximumRetryAttempts: 2 } };

/** A job in a phase, reached one second ago, like its instances and its programs' start. */
export function aTrainingJob(
  secondary: TrainingDocument["secondary"],
  more: Partial<TrainingDocument> = {},
  status = "InProgress",
): TrainingRow {
  const begun: TrainingDocument = {
    request,
    arn: "arn",
    id: "id",
    attempt: 1,
    secondary,
    transitions: [],
    createdSteady: STARTED,
  };
  const started = { startedAt: STARTED, startedSteady: STARTED, held: { beforeMs: 0, since: STARTED } };
  const running = secondary === "Downloading" ? {} : { runningSince: STARTED };
  const isStarted = secondary !== "Starting";
  const document = enter(
    { ...begun, ...(isStarted ? { ...started, ...running } : {}), ...more },
    secondary,
    "",
    STARTED,
  );
  return {
    kind: "sagemaker:training-job",
    scope: "123456789012/us-east-1",
    name: "job",
    version: 1,
    status,
    createdAt: 0,
    modifiedAt: 0,
    document,
  };
}

/** `status/secondary`, with the reason of a failure; or what else is done. */
function stepOf(row: TrainingRow, observed: Observed, now = NOW, interruptEverySeconds = 0): string {
  const step = next(row, observed, now, now, { interruptEverySeconds });
  if (step.do !== "store") return step.do === "wait" && step.until !== undefined ? `wait until ${step.until}` : step.do;
  const { secondary, failureReason, failing, attempt } = step.document;
  const again = attempt === row.document.attempt ? "" : ` again`;
  const isFailing = failing && step.status !== "Failed" && secondary !== "Uploading" ? " failing" : "";
  return `${step.status}/${secondary}${again}${isFailing}${failureReason === undefined ? "" : ` ${failureReason}`}`;
}

export const stop = (hasRun: boolean, cause: "user" | "runtime" | "wait" = "user") => ({ stop: { cause, hasRun } });
export const logs = "The job's log (group /aws/sagemaker/TrainingJobs, stream job/algo";

/** [what is stored, what is observed, the step, seconds later, interruptions by policy every so many seconds]. */
type Case = readonly [TrainingRow, Observed, string, secondsLater?: number, everySeconds?: number];

/** A test of each: its name says what the job does. */
export function check(cases: Readonly<Record<string, Case>>): void {
  for (const [sentence, [row, observed, step, secondsLater = 0, every = 0]] of Object.entries(cases))
    it(sentence, () => assert.equal(stepOf(row, observed, NOW + secondsLater * 1000, every), step));
}
