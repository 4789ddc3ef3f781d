// How a training job goes: Starting → Downloading → Training → Uploading → Completed, and the ways out of it.
// Pure: from what is stored and observed to the next step. Statuses and order: API reference, DescribeTrainingJob.
import type { Observed, Step } from "../../../engine/job-kind.ts";
import { heldUntil, hold, letGo } from "../shared/held-time.ts";
import { eachHost, lastMetrics, lookAt, type SeenHosts } from "../shared/hosts.ts";
import type { Moment } from "../shared/moment.ts";
import { toSeconds } from "../shared/noun.ts";
import { endOf, type Programs, turnOf } from "../shared/programs.ts";
import type { Attached } from "./attach.ts";
import { fileSystemChannels, hasPipes } from "./channels/channel.ts";
import {
  enter,
  groupOf,
  hostsOf,
  maxRuntimeSeconds,
  type StopCause,
  type TrainingDocument,
  type TrainingRow,
} from "./document.ts";
import { failureReason } from "./failure.ts";
import { interrupt, interruptionAt, noInterruptions, type SpotPolicy } from "./spot.ts";
import type { Uploaded } from "./upload.ts";
import { hasCheckpoints } from "./wants.ts";

/** Statuses in which a training job is over. */
export const settled = ["Completed", "Failed", "Stopped"] as const;

/** Times that instances may be lost by the platform before a job fails; RetryStrategy adds to it. */
const LOST_LIMIT = 5;

type TrainingStep = Step<TrainingDocument>;

/** A job and what is seen of it. */
interface Look {
  readonly document: TrainingDocument;
  readonly hosts: SeenHosts;
  readonly observed: Observed;
  readonly at: Moment;
}

export function next(
  row: TrainingRow,
  observed: Observed,
  now: number,
  steady = now,
  policy: SpotPolicy = noInterruptions,
): TrainingStep {
  const { document, status } = row;
  const at = { now, steady };
  const hosts = lookAt(hostsOf(document), observed);
  const look = { document, hosts, observed, at };
  if (status === "Stopping") return stopping(look);
  if (document.secondary === "Interrupted") return interrupted(look);
  if (hosts.isLost && !document.failing) return lost(document, at);
  if (hosts.refusal !== undefined) return fail(document, hosts.refusal, at);
  switch (document.secondary) {
    case "Starting":
    case "Downloading":
      return outOfTime(document, at) ?? prepare(look);
    case "Training":
      return train(look, policy);
    case "Uploading":
      return finish(look);
    default:
      throw new Error(`Training job ${row.name} is ${status} with secondary status ${document.secondary}.`);
  }
}

const store = (document: TrainingDocument): TrainingStep => ({
  do: "store",
  status: document.stop ? "Stopping" : "InProgress",
  document,
});

const waitUntil = (...moments: readonly (number | undefined)[]): TrainingStep => {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? { do: "wait" } : { do: "wait", until: Math.min(...known) };
};

/** A row that an earlier server wrote knows only when its instances came. */
const heldOf = ({ held, startedSteady, startedAt }: TrainingDocument) => {
  const since = startedSteady ?? startedAt;
  return held ?? (since === undefined ? undefined : { beforeMs: 0, since });
};

/** The time limit that comes first. MaxWaitTimeInSeconds counts from the job's creation, waiting for capacity too. */
function limitOf(document: TrainingDocument): { readonly until: number; readonly cause: StopCause } | undefined {
  const { request, createdSteady } = document;
  const runtime = heldUntil(heldOf(document), maxRuntimeSeconds(request));
  const waitSeconds = request.EnableManagedSpotTraining ? request.StoppingCondition?.MaxWaitTimeInSeconds : undefined;
  const wait =
    waitSeconds === undefined || createdSteady === undefined ? undefined : createdSteady + waitSeconds * 1000;
  if (wait !== undefined && (runtime === undefined || wait < runtime)) return { until: wait, cause: "wait" };
  return runtime === undefined ? undefined : { until: runtime, cause: "runtime" };
}

function outOfTime(document: TrainingDocument, at: Moment): TrainingStep | undefined {
  const limit = limitOf(document);
  if (limit === undefined || at.steady < limit.until) return undefined;
  const stop = { cause: limit.cause, hasRun: hasRun(document) };
  return store(enter({ ...document, stop }, "Stopping", "Stopping the training job", at.now));
}

/** Whether programs of this attempt were started, so that there may be a model. */
export const hasRun = ({ secondary, runningSince }: TrainingDocument): boolean =>
  secondary === "Training" || secondary === "Uploading" || (secondary === "Interrupted" && runningSince !== undefined);

function prepare({ document, hosts, observed, at }: Look): TrainingStep {
  const { request } = document;
  const downloads = eachHost(hosts.all, "download", observed);
  const restores = request.CheckpointConfig ? eachHost(hosts.all, "restore", observed) : done;
  const attached = fileSystemChannels(request).length > 0 ? observed.activity("attach", groupOf(document)) : done;
  for (const each of [downloads, restores, attached])
    if (each.state === "failed") return fail(document, each.reason, at);
  const until = limitOf(document)?.until;
  if (!hosts.areReserved) return waitUntil(until);
  const started: TrainingDocument = {
    ...document,
    startedAt: document.startedAt ?? at.now,
    startedSteady: document.startedSteady ?? at.steady,
    held: hold(heldOf(document), at.steady),
  };
  if (downloads.state === "done" && restores.state === "done" && attached.state === "done") {
    const { mounts = [] } = (attached.result ?? {}) as Partial<Attached>;
    const message = ["Training image download completed. Training in progress.", ...hosts.notes].join(" ");
    return store(enter({ ...started, mounts, runningSince: at.steady }, "Training", message, at.now));
  }
  const hasData = request.InputDataConfig !== undefined || request.CheckpointConfig !== undefined;
  if (document.secondary === "Downloading" || !hasData) return waitUntil(until);
  return store(enter(started, "Downloading", "Downloading input data", at.now));
}

const done = { state: "done", result: undefined } as const;

const programsOf = ({ document, hosts, observed }: Look): Programs => ({
  hosts,
  observed,
  failing: document.failing,
  areFed: hasPipes(document.request),
  keeper: hasCheckpoints(document) ? "checkpoints" : undefined,
});

function train(look: Look, policy: SpotPolicy): TrainingStep {
  const { document, at } = look;
  const turn = turnOf(programsOf(look));
  switch (turn.is) {
    case "cut":
      return voided(document, at);
    case "failing":
      return store({ ...document, failing: turn.failing });
    case "ending":
      return { do: "wait" };
    case "over":
      return wrapUp(look);
    case "running": {
      const interruption = interruptionAt(document, policy);
      const late = outOfTime(document, at);
      if (late) return late;
      if (interruption !== undefined && at.steady >= interruption) return store(interrupt(document, at));
      return waitUntil(limitOf(document)?.until, interruption);
    }
  }
}

/** All programs have ended: when their last checkpoints are in S3, what they have left is uploaded. */
function wrapUp(look: Look): TrainingStep {
  const { document, hosts, at } = look;
  const ended = endOf(programsOf(look), document.stop !== undefined);
  if (!ended) return { do: "wait" };
  const metrics = [...lastMetrics(hosts)].map(([MetricName, { value, at: time }]) => ({
    MetricName,
    Value: value,
    Timestamp: toSeconds(time),
  }));
  const isGood = !ended.failing && (document.stop !== undefined || ended.end?.exitCode === 0);
  const message = isGood ? "Uploading generated training model" : "Uploading the output";
  return store(enter({ ...document, ...ended, metrics }, "Uploading", message, at.now));
}

function finish({ document, observed, at }: Look): TrainingStep {
  const uploading = observed.activity("upload", groupOf(document));
  if (uploading.state === "failed") return fail(document, uploading.reason, at);
  if (uploading.state !== "done") return { do: "wait" };
  const { end, stop, failing } = document;
  const { cut, failure } = uploading.result as Uploaded;
  if (failing?.reason !== undefined) return fail(document, failing.reason, at);
  if (stop && !failing) return stopped(document, at);
  if (cut && !failing) return voided(document, at);
  if (end && end.exitCode !== 0) return fail(document, failureReason(document, end, failure), at);
  return {
    do: "store",
    status: "Completed",
    document: enter(overAt(document, at.now, at), "Completed", "Training job completed", at.now),
  };
}

/** A clock that was set back does not make a job end before it began. */
function overAt(document: TrainingDocument, time: number, at: Moment): TrainingDocument {
  const { startedAt = 0, startedSteady = 0 } = document;
  const endedSteady = Math.max(at.steady - Math.max(0, at.now - time), startedSteady);
  const held = heldOf(document);
  return {
    ...document,
    endedAt: Math.max(time, startedAt),
    endedSteady,
    ...(held ? { held: letGo(held, endedSteady) } : {}),
  };
}

/** RetryStrategy begins a job anew that failed by the platform's fault. */
function fail(document: TrainingDocument, reason: string, at: Moment): TrainingStep {
  const { losses = 0, request, stop } = document;
  const mayRetry = losses < (request.RetryStrategy?.MaximumRetryAttempts ?? 0) && !stop;
  if (mayRetry && reason.startsWith("InternalServerError: "))
    return again({ ...document, losses: losses + 1 }, "Starting the training job again after an internal failure", at);
  return failFinally(document, reason, at);
}

function failFinally(document: TrainingDocument, reason: string, at: Moment): TrainingStep {
  // The time a job ends is when the failure is seen: the program's own end where there is one.
  const over = overAt(document, document.end?.at ?? at.now, at);
  const failed = enter({ ...over, failureReason: reason.slice(0, 1024) }, "Failed", "Training job failed", at.now);
  return { do: "store", status: "Failed", document: failed };
}

/** A unit vanished without an exit code: not the program's fault, so all are started again from the beginning. */
function lost(document: TrainingDocument, at: Moment): TrainingStep {
  const { losses = 0, request } = document;
  if (losses >= LOST_LIMIT + (request.RetryStrategy?.MaximumRetryAttempts ?? 0))
    return failFinally(document, `InternalServerError: The instance was lost ${losses + 1} times.`, at);
  return again({ ...document, losses: losses + 1 }, "Launched instance was unhealthy, replacing it!", at);
}

/** What the programs were given was cut short by a death of the server: as if their instances had been lost. */
const voided = lost;

/** Fresh containers: nothing of the attempt before but what is in S3. */
function again(document: TrainingDocument, message: string, at: Moment): TrainingStep {
  const { runningSince, mounts, failing, end, endHost, endedHosts, ...kept } = document;
  const held = letGo(heldOf(document), at.steady);
  return store(enter({ ...kept, attempt: document.attempt + 1, held }, "Starting", message, at.now));
}

/** Instances are being taken back; when they are gone, with their last checkpoints in S3, the job asks for new ones. */
function interrupted({ document, hosts, observed, at }: Look): TrainingStep {
  const late = outOfTime(document, at);
  if (late) return late;
  const checkpoints = hasCheckpoints(document) ? eachHost(hosts.ended, "checkpoints", observed) : done;
  if (hosts.isLive || checkpoints.state === "running") return waitUntil(limitOf(document)?.until);
  if (checkpoints.state === "failed") return fail(document, checkpoints.reason, at);
  return again(document, "Starting the training job on new spot instances", at);
}

function stopping(look: Look): TrainingStep {
  const { document, hosts, at } = look;
  if (document.secondary === "Uploading") return hosts.isLost ? stopped(document, at) : finish(look);
  if (!document.stop?.hasRun) return stopped(document, at);
  if (hosts.isLive) return { do: "wait" };
  return hosts.ended.length > 0 ? wrapUp(look) : stopped(document, at);
}

const stopWords: Readonly<
  Record<StopCause, readonly ["Stopped" | "MaxRuntimeExceeded" | "MaxWaitTimeExceeded", string]>
> = {
  user: ["Stopped", "Training job stopped"],
  runtime: ["MaxRuntimeExceeded", "Training job runtime exceeded MaxRuntimeInSeconds provided"],
  wait: ["MaxWaitTimeExceeded", "Training job exceeded MaxWaitTimeInSeconds provided"],
};

function stopped(document: TrainingDocument, at: Moment): TrainingStep {
  const [secondary, words] = stopWords[document.stop?.cause ?? "user"];
  const isKilled = document.end?.signal === "SIGKILL";
  const killed = isKilled ? ". It did not end in the time given after SIGTERM and was killed." : "";
  const over = enter(overAt(document, at.now, at), secondary, `${words}${killed}`, at.now);
  return { do: "store", status: "Stopped", document: over };
}
