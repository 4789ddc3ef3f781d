// How a training job goes: Starting → Downloading → Training → Uploading → Completed, and the ways out of it.
// Pure: from what is stored and observed to the next step. Statuses and order: API reference, DescribeTrainingJob.
import type { CreateTrainingJobRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Observed, ObservedUnit, Step, UnitEnd, WantedUnit, Wants } from "../../../engine/job-kind.ts";
import { arnOf, toSeconds } from "../shared/noun.ts";
import {
  enter,
  logGroup,
  logStream,
  maxRuntimeSeconds,
  runsScript,
  type TrainingDocument,
  type TrainingRow,
  unitIdOf,
} from "./document.ts";
import { failureReason } from "./failure.ts";
import type { Uploaded } from "./upload.ts";

/** Statuses in which a training job is over. */
export const settled = ["Completed", "Failed", "Stopped"] as const;

/** Grace between SIGTERM and SIGKILL (container contract, training). */
const GRACE_SECONDS = 120;

/** Units that may be lost by the platform before a job fails; RetryStrategy adds to it. */
const LOST_LIMIT = 5;

export function wants(row: TrainingRow): Wants {
  const { document, status } = row;
  const of = unitIdOf(document);
  const unit = (want: WantedUnit["want"]) => [wantedUnit(row, want)];
  if (status === "Stopping" && !document.stop?.hasRun) return { units: [], activities: [] };
  switch (document.secondary) {
    case "Starting":
    case "Downloading":
      return { units: unit("reserved"), activities: [{ name: "download", of }] };
    case "Training":
      return { units: unit("running"), activities: [] };
    case "Stopping":
      return { units: unit("stopped"), activities: [] };
    case "Uploading":
      return { units: unit("stopped"), activities: [{ name: "upload", of }] };
    default:
      return { units: [], activities: [] };
  }
}

function wantedUnit(row: TrainingRow, want: WantedUnit["want"]): WantedUnit {
  const { document } = row;
  const { request } = document;
  const { AlgorithmSpecification: algorithm, ResourceConfig: resources } = request;
  const id = unitIdOf(document);
  const longestSeconds = maxRuntimeSeconds(request);
  return {
    id,
    want,
    holds: "job",
    group: id,
    host: "algo-1",
    image: algorithm?.TrainingImage ?? "",
    ...(runsScript(request) ? { runsScript: true } : {}),
    instanceType: resources?.InstanceType ?? "",
    volumeSizeGb: resources?.VolumeSizeInGB ?? 1,
    ...(algorithm?.ContainerEntrypoint ? { entrypoint: algorithm.ContainerEntrypoint } : {}),
    arguments: algorithm?.ContainerArguments ?? ["train"],
    environment: {
      ...request.Environment,
      TRAINING_JOB_NAME: request.TrainingJobName,
      TRAINING_JOB_ARN: arnOf(row, "training-job"),
      SAGEMAKER_REGION: row.scope.split("/")[1] ?? "",
      CURRENT_HOST: "algo-1",
    },
    roleArn: request.RoleArn,
    network: networkOf(request),
    log: {
      group: logGroup,
      stream: logStream(document),
      metrics: {
        namespace: logGroup,
        dimensions: { TrainingJobName: request.TrainingJobName },
        definitions: (algorithm?.MetricDefinitions ?? []).map(({ Name, Regex }) => ({ name: Name, pattern: Regex })),
      },
    },
    ports: [],
    graceSeconds: GRACE_SECONDS,
    longestSeconds,
  };
}

/** What of the network a job's container may reach. */
function networkOf(request: CreateTrainingJobRequest): WantedUnit["network"] {
  if (request.EnableNetworkIsolation) return "isolated";
  return request.VpcConfig ? "platform" : "open";
}

/** One moment by the clock, which people see and may set, and on the steady scale, which limits are counted on. */
interface Moment {
  readonly now: number;
  readonly steady: number;
}

export function next(row: TrainingRow, observed: Observed, now: number, steady = now): Step<TrainingDocument> {
  const at = { now, steady };
  const { document, status } = row;
  const unit = observed.unit(unitIdOf(document));
  const { secondary } = document;
  if (unit.phase === "lost") return lost(row, at);
  if (status === "Stopping") return stopping(document, unit, observed, at);
  if (unit.phase === "refused") return fail(document, `ClientError: ${unit.reason}`, at);
  const began = document.startedSteady ?? document.startedAt;
  const limit = began === undefined ? undefined : began + maxRuntimeSeconds(document.request) * 1000;
  if (limit !== undefined && steady >= limit && secondary !== "Uploading") return outOfTime(document, at);
  switch (secondary) {
    case "Starting":
    case "Downloading":
      return prepare(document, unit, observed, at, limit);
    case "Training":
      return unit.phase === "ended" && unit.end ? upload(document, unit, unit.end, at) : waitUntil(limit);
    case "Uploading":
      return finish(document, observed, at);
    default:
      throw new Error(`Training job ${row.name} is ${status} with secondary status ${secondary}.`);
  }
}

const inProgress = (document: TrainingDocument): Step<TrainingDocument> => ({
  do: "store",
  status: "InProgress",
  document,
});

const waitUntil = (until: number | undefined): Step<TrainingDocument> =>
  until === undefined ? { do: "wait" } : { do: "wait", until };

function prepare(
  document: TrainingDocument,
  unit: ObservedUnit,
  observed: Observed,
  at: Moment,
  limit: number | undefined,
): Step<TrainingDocument> {
  const download = observed.activity("download", unitIdOf(document));
  if (download.state === "failed") return fail(document, download.reason, at);
  if (unit.phase !== "reserved") return waitUntil(limit);
  const started =
    document.startedAt === undefined ? { ...document, startedAt: at.now, startedSteady: at.steady } : document;
  if (download.state === "done") {
    const message = ["Training image download completed. Training in progress.", ...unit.notes].join(" ");
    return inProgress(enter(started, "Training", message, at.now));
  }
  if (document.secondary === "Downloading" || !document.request.InputDataConfig) return waitUntil(limit);
  return inProgress(enter(started, "Downloading", "Downloading input data", at.now));
}

function upload(document: TrainingDocument, unit: ObservedUnit, end: UnitEnd, at: Moment): Step<TrainingDocument> {
  const metrics = [...unit.metrics].map(([MetricName, { value, at }]) => ({
    MetricName,
    Value: value,
    Timestamp: toSeconds(at),
  }));
  const what = end.exitCode === 0 || document.stop ? "Uploading generated training model" : "Uploading the output";
  const ended = enter({ ...document, end, metrics }, "Uploading", what, at.now);
  return { do: "store", status: document.stop ? "Stopping" : "InProgress", document: ended };
}

function finish(document: TrainingDocument, observed: Observed, at: Moment): Step<TrainingDocument> {
  const uploading = observed.activity("upload", unitIdOf(document));
  if (uploading.state === "failed") return fail(document, uploading.reason, at);
  if (uploading.state !== "done") return { do: "wait" };
  const { end, stop } = document;
  if (stop) return stopped(document, at);
  if (end && end.exitCode !== 0) {
    return fail(document, failureReason(document, end, (uploading.result as Uploaded).failure), at);
  }
  const done = enter(overAt(document, at.now, at), "Completed", "Training job completed", at.now);
  return { do: "store", status: "Completed", document: done };
}

/** A clock that was set back does not make a job end before it began. */
function overAt(document: TrainingDocument, time: number, at: Moment): TrainingDocument {
  const { startedAt = 0, startedSteady = 0 } = document;
  return {
    ...document,
    endedAt: Math.max(time, startedAt),
    endedSteady: Math.max(at.steady - Math.max(0, at.now - time), startedSteady),
  };
}

function fail(document: TrainingDocument, reason: string, at: Moment): Step<TrainingDocument> {
  // The time a job ends is when the failure is seen: the program's own end where there is one.
  const over = overAt(document, document.end?.at ?? at.now, at);
  const failed = enter({ ...over, failureReason: reason.slice(0, 1024) }, "Failed", "Training job failed", at.now);
  return { do: "store", status: "Failed", document: failed };
}

/** A unit vanished without an exit code: not the program's fault, so it is started again from the beginning. */
function lost(row: TrainingRow, at: Moment): Step<TrainingDocument> {
  const { document, status } = row;
  if (status === "Stopping") return stopped(document, at);
  const retries = document.request.RetryStrategy?.MaximumRetryAttempts ?? 0;
  if (document.attempt > LOST_LIMIT + retries)
    return fail(document, `InternalServerError: The instance was lost ${document.attempt} times.`, at);
  const again = { ...document, attempt: document.attempt + 1 };
  return inProgress(enter(again, "Starting", "Launched instance was unhealthy, replacing it!", at.now));
}

function outOfTime(document: TrainingDocument, at: Moment): Step<TrainingDocument> {
  const stop = { cause: "runtime", hasRun: document.secondary === "Training" } as const;
  const document_ = enter({ ...document, stop }, "Stopping", "Stopping the training job", at.now);
  return { do: "store", status: "Stopping", document: document_ };
}

function stopping(
  document: TrainingDocument,
  unit: ObservedUnit,
  observed: Observed,
  at: Moment,
): Step<TrainingDocument> {
  if (document.secondary === "Uploading") return finish(document, observed, at);
  if (!document.stop?.hasRun) return stopped(document, at);
  if (unit.phase === "ended" && unit.end) return upload(document, unit, unit.end, at);
  const hasStarted = unit.phase === "starting" || unit.phase === "running";
  return hasStarted ? { do: "wait" } : stopped(document, at);
}

function stopped(document: TrainingDocument, at: Moment): Step<TrainingDocument> {
  const ended = overAt(document, at.now, at);
  const isKilled = document.end?.signal === "SIGKILL";
  const killed = isKilled ? ". It did not end in the time given after SIGTERM and was killed." : "";
  const step =
    document.stop?.cause === "runtime"
      ? enter(
          ended,
          "MaxRuntimeExceeded",
          `Training job runtime exceeded MaxRuntimeInSeconds provided${killed}`,
          at.now,
        )
      : enter(ended, "Stopped", `Training job stopped${killed}`, at.now);
  return { do: "store", status: "Stopped", document: step };
}
