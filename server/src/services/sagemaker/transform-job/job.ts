// How a transform job goes: the model is unpacked, its container started and found well, the files are transformed.
// Pure: from what is stored and observed to the next step. Statuses: API reference, DescribeTransformJob.
import type { Observed, ObservedUnit, Step, WantedUnit, Wants } from "../../../engine/job-kind.ts";
import { refusalOf, streamOf } from "../shared/hosts.ts";
import { START_LIMIT_SECONDS } from "../shared/model-files.ts";
import { toSeconds } from "../shared/noun.ts";
import { type TransformDocument, type TransformRow, unitIdOf } from "./document.ts";
import { batchEnvironment } from "./parameters.ts";
import { SERVING_PORT } from "./transform.ts";

export const settled = ["Completed", "Failed", "Stopped"] as const;

const logGroup = "/aws/sagemaker/TransformJobs";

/** Grace between SIGTERM and SIGKILL (container contract, hosting). */
const GRACE_SECONDS = 30;
const HEALTH = { port: SERVING_PORT, path: "/ping", timeoutMs: 2000, intervalMs: 10_000 };

/** Volumes of transform instances have one size, whatever the type. */
const VOLUME_GB = 30;

/** Units that may be lost by the platform before a job fails. */
const LOST_LIMIT = 5;

export function wants(row: TransformRow): Wants {
  const { document, status } = row;
  if (status === "Stopping") return { units: [], activities: [] };
  const of = unitIdOf(document);
  switch (document.phase) {
    case "preparing":
      return { units: [wantedUnit(row, "reserved")], activities: [{ name: "prepare", of }] };
    case "starting":
      return { units: [wantedUnit(row, "running")], activities: [] };
    case "transforming":
      return { units: [wantedUnit(row, "running")], activities: [{ name: "transform", of }] };
  }
}

function wantedUnit({ document, createdAt, name }: TransformRow, want: WantedUnit["want"]): WantedUnit {
  const { request, model, attempt } = document;
  const id = unitIdOf(document);
  return {
    id,
    want,
    holds: "job",
    group: id,
    host: "algo-1",
    image: model.container.Image ?? "",
    instanceType: request.TransformResources.InstanceType,
    volumeSizeGb: VOLUME_GB,
    arguments: ["serve"],
    environment: { ...model.container.Environment, ...request.Environment, ...batchEnvironment(request) },
    roleArn: model.roleArn,
    network: model.isolated ? "isolated" : "open",
    log: {
      group: logGroup,
      stream: streamOf(name, `i-${document.id.slice(0, 17)}`, toSeconds(createdAt), attempt),
    },
    ports: [SERVING_PORT],
    health: HEALTH,
    graceSeconds: GRACE_SECONDS,
  };
}

export function next(row: TransformRow, observed: Observed, now: number, steady = now): Step<TransformDocument> {
  const { document, status } = row;
  const unit = observed.unit(unitIdOf(document));
  if (status === "Stopping") return end(document, "Stopped", now);
  if (unit.phase === "lost") return lost(document, now);
  if (unit.phase === "refused") return fail(document, refusalOf(unit), now);
  switch (document.phase) {
    case "preparing":
      return prepare(document, unit, observed, now);
    case "starting":
      return start(document, unit, now, steady);
    case "transforming":
      return transforming(document, unit, observed, now);
  }
}

const inPhase = (document: TransformDocument): Step<TransformDocument> => ({
  do: "store",
  status: "InProgress",
  document,
});

function prepare(
  document: TransformDocument,
  unit: ObservedUnit,
  observed: Observed,
  now: number,
): Step<TransformDocument> {
  const prepared = observed.activity("prepare", unitIdOf(document));
  if (prepared.state === "failed") return fail(document, prepared.reason, now);
  if (unit.phase !== "reserved" || prepared.state !== "done") return { do: "wait" };
  return inPhase({ ...document, phase: "starting", startedAt: document.startedAt ?? now });
}

function start(document: TransformDocument, unit: ObservedUnit, now: number, steady: number): Step<TransformDocument> {
  if (unit.phase === "ended") return fail(document, endedEarly(unit, "before it was ready"), now);
  if (unit.health?.state === "passing") return inPhase({ ...document, phase: "transforming" });
  const limit = unit.startedAt === undefined ? undefined : unit.startedAt + START_LIMIT_SECONDS * 1000;
  if (limit === undefined) return { do: "wait" };
  if (steady < limit) return { do: "wait", until: limit };
  const why = unit.health?.reason ?? "it does not listen";
  return fail(
    document,
    `AlgorithmError: The container was not ready within ${START_LIMIT_SECONDS} seconds of its start: ${why}.`,
    now,
  );
}

function transforming(
  document: TransformDocument,
  unit: ObservedUnit,
  observed: Observed,
  now: number,
): Step<TransformDocument> {
  const work = observed.activity("transform", unitIdOf(document));
  if (work.state === "done") return end(document, "Completed", now);
  // A container that ended is the reason why requests failed, and says more than they do.
  if (unit.phase === "ended") return fail(document, endedEarly(unit, "while it was transforming"), now);
  if (work.state === "failed") return fail(document, work.reason, now);
  return { do: "wait" };
}

function endedEarly({ end: unitEnd }: ObservedUnit, when: string): string {
  if (unitEnd?.outOfMemory)
    return `AlgorithmError: The container used more memory than its instance type has and was ended ${when}.`;
  if (unitEnd?.diskFull) return `AlgorithmError: The container filled its disk and ended ${when}.`;
  const signal = unitEnd?.signal === undefined ? "" : ` by ${unitEnd.signal}`;
  return `AlgorithmError: The container ended${signal} ${when}, exit code: ${unitEnd?.exitCode}. Its log says more.`;
}

/** A clock that was set back does not make a job end before it began. */
const notBefore = ({ startedAt = 0 }: TransformDocument, now: number): number => Math.max(now, startedAt);

function end(document: TransformDocument, status: "Completed" | "Stopped", now: number): Step<TransformDocument> {
  return { do: "store", status, document: { ...document, endedAt: notBefore(document, now) } };
}

function fail(document: TransformDocument, reason: string, now: number): Step<TransformDocument> {
  return {
    do: "store",
    status: "Failed",
    document: { ...document, endedAt: notBefore(document, now), failureReason: reason.slice(0, 1024) },
  };
}

/** A unit vanished without an exit code: the work is done again from the beginning, over the same output objects. */
function lost(document: TransformDocument, now: number): Step<TransformDocument> {
  if (document.attempt > LOST_LIMIT)
    return fail(document, `InternalServerError: The instance was lost ${document.attempt} times.`, now);
  return inPhase({ ...document, attempt: document.attempt + 1, phase: "preparing" });
}
