// Training jobs: CreateTrainingJob, DescribeTrainingJob, ListTrainingJobs, StopTrainingJob.
// Gap: File mode on one instance; Pipe mode, several instances, spot training, augmented manifests, file systems and
// algorithm resources are refused by name.
// Gap: artifacts are archives; OutputDataConfig.CompressionType NONE is refused by name.
// Gap: CheckpointConfig is refused by name; DebugHookConfig, rules, TensorBoardOutputConfig, ProfilerConfig and
// ExperimentConfig are recorded and given back, nothing collects what they describe.
// Gap: VpcConfig is recorded; it takes the internet away from the container, subnets and groups mean nothing here.
// Gap: EnableInterContainerTrafficEncryption has no effect, since there is one instance.
// Gap: KMS keys of volumes are recorded; the disk is not encrypted by this server.
import type {
  CreateTrainingJobRequest,
  DescribeTrainingJobResponse,
  SecondaryStatusTransition,
} from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { newId } from "../../../core/ids.ts";
import type { JobKind } from "../../../engine/job-kind.ts";
import { changeJob, createJob, needJob } from "../shared/job-rows.ts";
import { listRows } from "../shared/list.ts";
import { arnOf, type Noun, onResource, type Parts, passRole, scopeOf, toSeconds } from "../shared/noun.ts";
import { checkRole } from "../shared/roles.ts";
import {
  DEFAULT_RUNTIME_SECONDS,
  enter,
  outputPrefix,
  runsScript,
  type TrainingDocument,
  type TrainingRow,
  trainingJobKind,
} from "./document.ts";
import { download } from "./files.ts";
import { next, settled, wants } from "./job.ts";
import { upload } from "./upload.ts";
import { checkTrainingJob } from "./validate.ts";

export function trainingJob(parts: Parts): Noun {
  const { rows, roles, clock, engine, objects } = parts;
  const keyOf = (call: Call, name: string) => ({ kind: trainingJobKind, scope: scopeOf(call), name });
  const job: JobKind<TrainingDocument> = {
    kind: trainingJobKind,
    settled,
    wants,
    next,
    activities: { download: download(objects), upload: upload(objects) },
  };

  return {
    job,
    operations: {
      CreateTrainingJob: {
        newer: [
          "Environment",
          "RetryStrategy",
          "ProfilerConfig",
          "ProfilerRuleConfigurations",
          "AlgorithmSpecification.ContainerEntrypoint",
          "AlgorithmSpecification.ContainerArguments",
          "OutputDataConfig.CompressionType",
        ],
        permissions: (input, call) => [
          onResource(call, "training-job", input.TrainingJobName),
          passRole(input.RoleArn),
        ],
        run: async (input, call) => {
          checkTrainingJob(input, engine);
          if (input.CheckpointConfig) throw errors.validation("CheckpointConfig is not yet available in Sagebrush.");
          await checkRole(roles, input.RoleArn);
          await engine.needDisk();
          const key = keyOf(call, input.TrainingJobName);
          const arn = arnOf(key, "training-job");
          const now = clock.now();
          const { Tags: tags, ...request } = input;
          const document = newDocument(withMetrics(request, engine.builtInMetrics), arn, now);
          await createJob(rows, { key, status: "InProgress", document, arn, tags, now, noun: "training job" });
          return { TrainingJobArn: arn };
        },
      },
      DescribeTrainingJob: {
        permissions: ({ TrainingJobName }, call) => [onResource(call, "training-job", TrainingJobName)],
        run: async ({ TrainingJobName }, call) => {
          const row = await needJob<TrainingDocument>(rows, keyOf(call, TrainingJobName));
          return describe(row, engine.steady(), engine.waitingFor(row));
        },
      },
      ListTrainingJobs: {
        run: async (input, call) => {
          const page = await listRows<TrainingDocument>(
            rows,
            { kind: trainingJobKind, scope: scopeOf(call), sortBy: "CreationTime", sortOrder: "Ascending" },
            input,
          );
          const next = page.NextToken === undefined ? {} : { NextToken: page.NextToken };
          return { TrainingJobSummaries: page.rows.map(summarize), ...next };
        },
      },
      StopTrainingJob: {
        permissions: ({ TrainingJobName }, call) => [onResource(call, "training-job", TrainingJobName)],
        run: async ({ TrainingJobName }, call) => {
          const now = clock.now();
          await changeJob<TrainingDocument>(rows, keyOf(call, TrainingJobName), now, (row) => stop(row, now));
          return {};
        },
      },
    },
  };
}

function newDocument(request: CreateTrainingJobRequest, arn: string, now: number): TrainingDocument {
  const document: TrainingDocument = { request, arn, id: newId(), attempt: 1, secondary: "Starting", transitions: [] };
  return enter(document, "Starting", "Starting the training job", now);
}

/** Built-in algorithms have fixed metrics, which Describe shows as if the caller had defined them. */
function withMetrics(
  request: CreateTrainingJobRequest,
  builtInMetrics: Parts["engine"]["builtInMetrics"],
): CreateTrainingJobRequest {
  const algorithm = request.AlgorithmSpecification;
  const metrics = algorithm?.TrainingImage === undefined ? undefined : builtInMetrics(algorithm.TrainingImage);
  if (!algorithm || !metrics) return request;
  // What a script prints, only its author knows.
  if (runsScript(request) && algorithm.MetricDefinitions?.length) return request;
  const MetricDefinitions = metrics.map(({ name, pattern }) => ({ Name: name, Regex: pattern }));
  return { ...request, AlgorithmSpecification: { ...algorithm, MetricDefinitions } };
}

/** @throws ApiError Validation for a job that is over */
function stop(row: TrainingRow, now: number): { readonly status: string; readonly document: TrainingDocument } {
  const { document, status } = row;
  if (status === "Stopping") return { status, document };
  if (status !== "InProgress")
    throw errors.validation(`The request was rejected because the training job is in status ${status}.`);
  const hasRun = document.secondary === "Training" || document.secondary === "Uploading";
  const stopped = { ...document, stop: { cause: "user", hasRun } as const };
  // What is being uploaded already goes on; the job is over when it is.
  if (document.secondary === "Uploading") return { status: "Stopping", document: stopped };
  return { status: "Stopping", document: enter(stopped, "Stopping", "Stopping the training job", now) };
}

function summarize(row: TrainingRow) {
  const { document } = row;
  return {
    TrainingJobName: row.name,
    TrainingJobArn: document.arn,
    CreationTime: toSeconds(row.createdAt),
    ...(document.endedAt === undefined ? {} : { TrainingEndTime: toSeconds(document.endedAt) }),
    LastModifiedTime: toSeconds(row.modifiedAt),
    TrainingJobStatus: row.status as DescribeTrainingJobResponse["TrainingJobStatus"],
  };
}

/** Seconds of work, rounded up to whole ones; undefined before there was any. */
function workSeconds({ startedSteady, endedSteady }: TrainingDocument): number | undefined {
  if (startedSteady === undefined || endedSteady === undefined) return undefined;
  return Math.ceil((endedSteady - startedSteady) / 1000);
}

function describe(row: TrainingRow, steady: number, waiting: string | undefined): DescribeTrainingJobResponse {
  const { document } = row;
  const { request, startedAt, startedSteady, failureReason, metrics } = document;
  const { StoppingCondition, OutputDataConfig } = request;
  const seconds = workSeconds(document);
  const running = startedSteady === undefined || document.endedAt !== undefined ? undefined : steady - startedSteady;
  return {
    EnableNetworkIsolation: false,
    EnableInterContainerTrafficEncryption: false,
    EnableManagedSpotTraining: false,
    ...request,
    ...summarize(row),
    OutputDataConfig: { KmsKeyId: "", ...OutputDataConfig },
    SecondaryStatus: document.secondary,
    ModelArtifacts: { S3ModelArtifacts: `${outputPrefix(request)}model.tar.gz` },
    StoppingCondition: { MaxRuntimeInSeconds: DEFAULT_RUNTIME_SECONDS, ...StoppingCondition },
    SecondaryStatusTransitions: withWaiting(document.transitions, waiting),
    ...(startedAt === undefined ? {} : { TrainingStartTime: toSeconds(startedAt) }),
    ...(running === undefined ? {} : { TrainingTimeInSeconds: Math.floor(running / 1000) }),
    ...(seconds === undefined ? {} : { TrainingTimeInSeconds: seconds, BillableTimeInSeconds: seconds }),
    ...(failureReason === undefined ? {} : { FailureReason: failureReason }),
    ...(metrics?.length ? { FinalMetricDataList: metrics } : {}),
  };
}

/** The open phase says why it takes long, when it waits for capacity. */
function withWaiting(
  transitions: readonly SecondaryStatusTransition[],
  waiting: string | undefined,
): readonly SecondaryStatusTransition[] {
  const last = transitions.at(-1);
  if (waiting === undefined || !last) return transitions;
  return [...transitions.slice(0, -1), { ...last, StatusMessage: `${last.StatusMessage ?? ""} ${waiting}`.trim() }];
}
