// The row of a training job: the request as given and what became of it.
import type {
  CreateTrainingJobRequest,
  MetricData,
  SecondaryStatus,
  SecondaryStatusTransition,
} from "../../../../../contract/sagemaker/types.ts";
import type { UnitEnd, WantedMount } from "../../../engine/job-kind.ts";
import type { Row } from "../../../store/rows/rows.ts";
import type { HeldTime } from "../shared/held-time.ts";
import { type Host, hostsIn, streamOf } from "../shared/hosts.ts";
import { toSeconds } from "../shared/noun.ts";
import type { Failing } from "../shared/programs.ts";

export const trainingJobKind = "sagemaker:training-job";

/** Why a job was told to end: by a call, by MaxRuntimeInSeconds, by MaxWaitTimeInSeconds. */
export type StopCause = "user" | "runtime" | "wait";

export interface TrainingDocument {
  /** Without its tags, which have a row of their own. */
  readonly request: CreateTrainingJobRequest;
  readonly arn: string;
  /** Random; names the units of all attempts. */
  readonly id: string;
  /** 1 at first, one more whenever containers begin anew: instances were lost or interrupted, or an attempt was void. */
  readonly attempt: number;
  /** How many of the attempts ended by the platform's fault. */
  readonly losses?: number;
  readonly secondary: SecondaryStatus;
  readonly transitions: readonly SecondaryStatusTransition[];
  /** When the job was made, on the steady scale. */
  readonly createdSteady?: number;
  /** When instances were there first; milliseconds since 1970. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** The same two moments on the steady scale: what it took, whatever became of the clock meanwhile. */
  readonly startedSteady?: number;
  readonly endedSteady?: number;
  /** Time in which instances worked for the job: from when they are there until the end or an interruption. */
  readonly held?: HeldTime;
  /** When the programs of this attempt were started, on the steady scale. */
  readonly runningSince?: number;
  /** Folders of file systems that this attempt's containers see. */
  readonly mounts?: readonly WantedMount[];
  /** Asked to stop, by a call or by a time limit. `hasRun`: there may be something to upload. */
  readonly stop?: { readonly cause: StopCause; readonly hasRun: boolean };
  readonly failing?: Failing;
  /** How the program ended; of several hosts the one that decides. */
  readonly end?: UnitEnd;
  /** Name of that host. */
  readonly endHost?: string;
  /** Names of the hosts whose programs have ended, which have something to upload; all when absent. */
  readonly endedHosts?: readonly string[];
  readonly failureReason?: string;
  readonly metrics?: readonly MetricData[];
}

export type TrainingRow = Row<TrainingDocument>;

/** Seconds a training job may take when the request names none, and at most (API reference, StoppingCondition). */
export const DEFAULT_RUNTIME_SECONDS = 86_400;
export const LONGEST_RUNTIME_SECONDS = 28 * 86_400;

export const maxRuntimeSeconds = (request: CreateTrainingJobRequest): number =>
  request.StoppingCondition?.MaxRuntimeInSeconds ?? DEFAULT_RUNTIME_SECONDS;

/** Id of what all hosts of the attempt under way share. */
export const groupOf = ({ id, attempt }: Pick<TrainingDocument, "id" | "attempt">): string => `${id}-${attempt}`;

/** The hosts of a job in the order of their numbers: algo-1, algo-2 … */
export const hostsOf = (document: Pick<TrainingDocument, "id" | "attempt" | "request">): readonly Host[] =>
  hostsIn(groupOf(document), document.request.ResourceConfig?.InstanceCount ?? 1);

/** Whether the job runs a script of the user's in its image, as estimators of the SDK ask for it. */
export const runsScript = (request: CreateTrainingJobRequest): boolean =>
  request.HyperParameters?.["sagemaker_program"] !== undefined;

/** Where the artifacts go: `<S3OutputPath>/<job>/output/`. */
export function outputPrefix(request: CreateTrainingJobRequest): string {
  return `${request.OutputDataConfig.S3OutputPath.replace(/\/+$/, "")}/${request.TrainingJobName}/output/`;
}

/** Where a job's checkpoints are inside a container when the request does not say (API reference, CheckpointConfig). */
export const checkpointPath = ({ CheckpointConfig }: CreateTrainingJobRequest): string =>
  CheckpointConfig?.LocalPath ?? "/opt/ml/checkpoints";

export const logGroup = "/aws/sagemaker/TrainingJobs";

/** Stream of a host in the attempt under way. */
export const logStream = ({ request, attempt, transitions }: TrainingDocument, host = "algo-1"): string =>
  streamOf(request.TrainingJobName, host, transitions[0]?.StartTime ?? 0, attempt);

const last: ReadonlySet<SecondaryStatus> = new Set([
  "Completed",
  "Failed",
  "Stopped",
  "MaxRuntimeExceeded",
  "MaxWaitTimeExceeded",
]);

/** The document in its next phase, the phase before it closed. Times in milliseconds; they never go back. */
export function enter(
  document: TrainingDocument,
  secondary: SecondaryStatus,
  message: string,
  now: number,
): TrainingDocument {
  const at = Math.max(toSeconds(now), document.transitions.at(-1)?.StartTime ?? 0);
  const before = document.transitions.map((entry) => (entry.EndTime === undefined ? { ...entry, EndTime: at } : entry));
  const entry: SecondaryStatusTransition = {
    Status: secondary,
    StartTime: at,
    ...(last.has(secondary) ? { EndTime: at } : {}),
    StatusMessage: message,
  };
  return { ...document, secondary, transitions: [...before, entry] };
}
