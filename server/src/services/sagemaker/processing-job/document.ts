// The row of a processing job: the request as given and what became of it.
import type { CreateProcessingJobRequest } from "../../../../../contract/sagemaker/types.ts";
import type { UnitEnd } from "../../../engine/job-kind.ts";
import type { Row } from "../../../store/rows/rows.ts";
import type { HeldTime } from "../shared/held-time.ts";
import { type Host, hostsIn, streamOf } from "../shared/hosts.ts";
import { toSeconds } from "../shared/noun.ts";
import type { Failing } from "../shared/programs.ts";

export const processingJobKind = "sagemaker:processing-job";

/**
 * What is being done, which the API does not show: instances and inputs are prepared; the programs run; they were told to
 * end; what they left is collected; nothing any more.
 */
export type Phase = "Preparing" | "Running" | "Ending" | "Collecting" | "Over";

export interface ProcessingDocument {
  /** Without its tags, which have a row of their own. */
  readonly request: CreateProcessingJobRequest;
  readonly arn: string;
  /** Random; names the units of all attempts. */
  readonly id: string;
  /** 1 at first, one more whenever containers begin anew because instances were lost or an attempt was void. */
  readonly attempt: number;
  readonly phase: Phase;
  /** When instances were there first; milliseconds since 1970. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Time in which instances worked for the job, on the steady scale. */
  readonly held?: HeldTime;
  /** What people should know about the resources they got. */
  readonly notes?: readonly string[];
  /** Told to end, by a call or by MaxRuntimeInSeconds. */
  readonly stop?: "user" | "runtime";
  readonly failing?: Failing;
  /** How the program ended; of several hosts the one that decides. */
  readonly end?: UnitEnd;
  /** Name of that host. */
  readonly endHost?: string;
  /** Names of the hosts whose programs have ended, which have something to collect. */
  readonly endedHosts?: readonly string[];
  /** All programs have done their work: outputs of the mode EndOfJob go to S3. Decided once, when they have ended. */
  readonly isGood?: boolean;
  readonly failureReason?: string;
  readonly exitMessage?: string;
}

export type ProcessingRow = Row<ProcessingDocument>;

/** Seconds a processing job may take when the request names none, and at most (API reference of 2020). */
const DEFAULT_RUNTIME_SECONDS = 86_400;
export const LONGEST_RUNTIME_SECONDS = 7 * 86_400;

export const maxRuntimeSeconds = ({ StoppingCondition }: CreateProcessingJobRequest): number =>
  StoppingCondition?.MaxRuntimeInSeconds ?? DEFAULT_RUNTIME_SECONDS;

/** Id of what all hosts of the attempt under way share. */
export const groupOf = ({ id, attempt }: ProcessingDocument): string => `${id}-${attempt}`;

/** The hosts of a job in the order of their numbers: algo-1, algo-2 … */
export const hostsOf = (document: ProcessingDocument): readonly Host[] =>
  hostsIn(groupOf(document), document.request.ProcessingResources.ClusterConfig.InstanceCount ?? 1);

const logGroup = "/aws/sagemaker/ProcessingJobs";

/** Log of a host in the attempt under way. */
export const logOf = ({ name, createdAt, document }: ProcessingRow, host: string) => ({
  group: logGroup,
  stream: streamOf(name, host, toSeconds(createdAt), document.attempt),
});
