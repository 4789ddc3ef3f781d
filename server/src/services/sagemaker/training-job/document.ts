// The row of a training job: the request as given and what became of it.
import type {
  CreateTrainingJobRequest,
  MetricData,
  SecondaryStatus,
  SecondaryStatusTransition,
} from "../../../../../contract/sagemaker/types.ts";
import type { UnitEnd } from "../../../engine/job-kind.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { toSeconds } from "../shared/noun.ts";

export const trainingJobKind = "sagemaker:training-job";

export interface TrainingDocument {
  /** Without its tags, which have a row of their own. */
  readonly request: CreateTrainingJobRequest;
  readonly arn: string;
  /** Random; names the units of all attempts. */
  readonly id: string;
  /** 1 at first, one more for each unit that was lost. */
  readonly attempt: number;
  readonly secondary: SecondaryStatus;
  readonly transitions: readonly SecondaryStatusTransition[];
  /** When instances were there; milliseconds since 1970. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** The same two moments on the steady scale: what it took, whatever became of the clock meanwhile. */
  readonly startedSteady?: number;
  readonly endedSteady?: number;
  /** Asked to stop, by a call or by the time limit. `hasRun`: there may be something to upload. */
  readonly stop?: { readonly cause: "user" | "runtime"; readonly hasRun: boolean };
  /** How the program ended. */
  readonly end?: UnitEnd;
  readonly failureReason?: string;
  readonly metrics?: readonly MetricData[];
}

export type TrainingRow = Row<TrainingDocument>;

/** Seconds a training job may take when the request names none, and at most (API reference, StoppingCondition). */
export const DEFAULT_RUNTIME_SECONDS = 86_400;
export const LONGEST_RUNTIME_SECONDS = 28 * 86_400;

export const maxRuntimeSeconds = (request: CreateTrainingJobRequest): number =>
  request.StoppingCondition?.MaxRuntimeInSeconds ?? DEFAULT_RUNTIME_SECONDS;

/** Whether the job runs a script of the user's in its image, as estimators of the SDK ask for it. */
export const runsScript = (request: CreateTrainingJobRequest): boolean =>
  request.HyperParameters?.["sagemaker_program"] !== undefined;

/** Id of the unit of the attempt under way. */
export const unitIdOf = ({ id, attempt }: TrainingDocument): string => `${id}-${attempt}`;

/** Where the artifacts go: `<S3OutputPath>/<job>/output/`. */
export function outputPrefix(request: CreateTrainingJobRequest): string {
  return `${request.OutputDataConfig.S3OutputPath.replace(/\/+$/, "")}/${request.TrainingJobName}/output/`;
}

export const logGroup = "/aws/sagemaker/TrainingJobs";

/** Stream of an attempt: clients look for the prefix `<job>/`. */
export const logStream = ({ request, attempt, transitions }: TrainingDocument): string =>
  `${request.TrainingJobName}/algo-1-${Math.floor(transitions[0]?.StartTime ?? 0)}${attempt === 1 ? "" : `-${attempt}`}`;

/** The document in its next phase, the phase before it closed. Times in milliseconds; they never go back. */
export function enter(
  document: TrainingDocument,
  secondary: SecondaryStatus,
  message: string,
  now: number,
): TrainingDocument {
  const at = Math.max(toSeconds(now), document.transitions.at(-1)?.StartTime ?? 0);
  const before = document.transitions.map((entry) => (entry.EndTime === undefined ? { ...entry, EndTime: at } : entry));
  const isLast = ["Completed", "Failed", "Stopped", "MaxRuntimeExceeded"].includes(secondary);
  const entry: SecondaryStatusTransition = {
    Status: secondary,
    StartTime: at,
    ...(isLast ? { EndTime: at } : {}),
    StatusMessage: message,
  };
  return { ...document, secondary, transitions: [...before, entry] };
}
