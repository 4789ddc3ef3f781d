// What callers see of a training job.
import type {
  DescribeTrainingJobResponse,
  SecondaryStatusTransition,
} from "../../../../../contract/sagemaker/types.ts";
import { heldMs } from "../shared/held-time.ts";
import { toSeconds } from "../shared/noun.ts";
import { shownAlgorithm } from "./algorithm.ts";
import {
  checkpointPath,
  DEFAULT_RUNTIME_SECONDS,
  outputPrefix,
  type TrainingDocument,
  type TrainingRow,
} from "./document.ts";

/** A job as ListTrainingJobs shows it. */
export function summarize(row: TrainingRow) {
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

/**
 * Durations of a job that is over, in whole seconds rounded up; none when it never had instances. Training time is all the
 * time from when instances were there first until the end. Billable is that in which instances worked for the job: an
 * interruption ends it (from the notice on), and it begins again when new instances are there. Without an interruption or a
 * lost instance both are the same. AWS bills the number of instances times this.
 */
function durations({ startedSteady, endedSteady, held }: TrainingDocument) {
  if (startedSteady === undefined || endedSteady === undefined) return {};
  const training = endedSteady - startedSteady;
  const billable = held === undefined ? training : heldMs(held, endedSteady);
  return {
    TrainingTimeInSeconds: Math.ceil(training / 1000),
    BillableTimeInSeconds: Math.ceil(Math.min(billable, training) / 1000),
  };
}

/** A job as DescribeTrainingJob shows it. `steady`: now, on that scale; `waiting`: why it waits for capacity. */
export function describe(row: TrainingRow, steady: number, waiting: string | undefined): DescribeTrainingJobResponse {
  const { document } = row;
  const { request, startedAt, startedSteady, failureReason, metrics } = document;
  const { StoppingCondition, OutputDataConfig, CheckpointConfig, AlgorithmSpecification } = request;
  const running = startedSteady === undefined || document.endedAt !== undefined ? undefined : steady - startedSteady;
  return {
    EnableNetworkIsolation: false,
    EnableInterContainerTrafficEncryption: false,
    EnableManagedSpotTraining: false,
    ...request,
    ...(AlgorithmSpecification ? { AlgorithmSpecification: shownAlgorithm(AlgorithmSpecification) } : {}),
    ...summarize(row),
    OutputDataConfig: { KmsKeyId: "", ...OutputDataConfig },
    ...(CheckpointConfig ? { CheckpointConfig: { LocalPath: checkpointPath(request), ...CheckpointConfig } } : {}),
    SecondaryStatus: document.secondary,
    ModelArtifacts: { S3ModelArtifacts: `${outputPrefix(request)}model.tar.gz` },
    StoppingCondition: { MaxRuntimeInSeconds: DEFAULT_RUNTIME_SECONDS, ...StoppingCondition },
    SecondaryStatusTransitions: withWaiting(document.transitions, waiting),
    ...(startedAt === undefined ? {} : { TrainingStartTime: toSeconds(startedAt) }),
    ...(running === undefined ? {} : { TrainingTimeInSeconds: Math.floor(running / 1000) }),
    ...durations(document),
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
