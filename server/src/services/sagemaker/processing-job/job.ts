// How a processing job goes: InProgress → Completed, and the ways out of it. Pure: from what is stored and observed to the
// next step. Statuses: API reference, DescribeProcessingJob.
import type { Observed, Step } from "../../../engine/job-kind.ts";
import { heldUntil, hold, letGo } from "../shared/held-time.ts";
import { eachHost, lookAt, type SeenHosts } from "../shared/hosts.ts";
import type { Moment } from "../shared/moment.ts";
import { endOf, type Programs, turnOf } from "../shared/programs.ts";
import type { Collected } from "./collect.ts";
import { groupOf, hostsOf, maxRuntimeSeconds, type ProcessingDocument, type ProcessingRow } from "./document.ts";
import { failureReason } from "./failure.ts";
import { hasPipes } from "./inputs.ts";
import { hasContinuous } from "./outputs.ts";

/** Statuses in which a processing job is over. */
export const settled = ["Completed", "Failed", "Stopped"] as const;

/** Times that instances may be lost by the platform before a job fails. */
const LOST_LIMIT = 5;

type ProcessingStep = Step<ProcessingDocument>;

/** A job and what is seen of it. */
interface Look {
  readonly row: ProcessingRow;
  readonly document: ProcessingDocument;
  readonly hosts: SeenHosts;
  readonly observed: Observed;
  readonly at: Moment;
}

export function next(row: ProcessingRow, observed: Observed, now: number, steady = now): ProcessingStep {
  const { document, status } = row;
  const at = { now, steady };
  const hosts = lookAt(hostsOf(document), observed);
  const look = { row, document, hosts, observed, at };
  if (status === "Stopping") return stopping(look);
  if (hosts.isLost && !document.failing) return lost(document, at);
  if (hosts.refusal !== undefined) return fail(document, hosts.refusal, at);
  switch (document.phase) {
    case "Preparing":
      return outOfTime(document, at) ?? prepare(look);
    case "Running":
      return run(look);
    case "Collecting":
      return finish(look);
    default:
      throw new Error(`Processing job ${row.name} is ${status} in the phase ${document.phase}.`);
  }
}

const store = (document: ProcessingDocument): ProcessingStep => ({
  do: "store",
  status: document.stop ? "Stopping" : "InProgress",
  document,
});

const waitUntil = (until: number | undefined): ProcessingStep =>
  until === undefined ? { do: "wait" } : { do: "wait", until };

const limitOf = ({ held, request }: ProcessingDocument): number | undefined =>
  heldUntil(held, maxRuntimeSeconds(request));

function outOfTime(document: ProcessingDocument, { steady }: Moment): ProcessingStep | undefined {
  const limit = limitOf(document);
  return limit === undefined || steady < limit ? undefined : store(toldToEnd(document, "runtime"));
}

/** The document of a job that is asked to end. One whose outputs are on their way goes on with that. */
export function toldToEnd(document: ProcessingDocument, stop: "user" | "runtime"): ProcessingDocument {
  if (document.phase === "Collecting") return { ...document, stop };
  return { ...document, stop, phase: document.phase === "Preparing" ? "Over" : "Ending" };
}

function prepare({ document, hosts, observed, at }: Look): ProcessingStep {
  const prepared = eachHost(hosts.all, "prepare", observed);
  if (prepared.state === "failed") return fail(document, prepared.reason, at);
  if (!hosts.areReserved) return waitUntil(limitOf(document));
  if (document.held?.since === undefined)
    return store({
      ...document,
      startedAt: document.startedAt ?? at.now,
      held: hold(document.held, at.steady),
      notes: hosts.notes,
    });
  return prepared.state === "done" ? store({ ...document, phase: "Running" }) : waitUntil(limitOf(document));
}

const programsOf = ({ document, hosts, observed }: Look): Programs => ({
  hosts,
  observed,
  failing: document.failing,
  areFed: hasPipes(document),
  keeper: hasContinuous(document) ? "sync" : undefined,
});

function run(look: Look): ProcessingStep {
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
    case "running":
      return outOfTime(document, at) ?? waitUntil(limitOf(document));
  }
}

/** All programs have ended: when the last of what goes to S3 all the time is there, the rest is collected. */
function wrapUp(look: Look): ProcessingStep {
  const { document } = look;
  const ended = endOf(programsOf(look), document.stop !== undefined);
  if (!ended) return { do: "wait" };
  const isGood = !ended.failing && !document.stop && ended.end?.exitCode === 0;
  return store({ ...document, ...ended, phase: "Collecting", isGood });
}

function finish({ row, document, observed, at }: Look): ProcessingStep {
  const collecting = observed.activity("collect", groupOf(document));
  if (collecting.state === "failed") return fail(document, collecting.reason, at);
  if (collecting.state !== "done") return { do: "wait" };
  const { exitMessage, failure, cut } = collecting.result as Collected;
  const told = exitMessage === undefined ? document : { ...document, exitMessage };
  const { end, stop, failing } = document;
  if (failing?.reason !== undefined) return fail(told, failing.reason, at);
  if (cut && !stop && !failing) return voided(document, at);
  if (end && end.exitCode !== 0 && (!stop || failing)) return fail(told, failureReason(row, end), at);
  if (failure !== undefined) return fail(told, failure, at);
  return stop ? stopped(told, at) : over(told, "Completed", at);
}

/** A clock that was set back does not make a job end before it began. */
function over(document: ProcessingDocument, status: (typeof settled)[number], at: Moment): ProcessingStep {
  const endedAt = Math.max(at.now, document.startedAt ?? 0);
  return {
    do: "store",
    status,
    document: { ...document, phase: "Over", endedAt, held: letGo(document.held, at.steady) },
  };
}

function fail(document: ProcessingDocument, reason: string, at: Moment): ProcessingStep {
  return over({ ...document, failureReason: reason.slice(0, 1024) }, "Failed", at);
}

const stopped = (document: ProcessingDocument, at: Moment): ProcessingStep => over(document, "Stopped", at);

/** A unit vanished without an exit code: not the program's fault, so all are started again from the beginning. */
function lost(document: ProcessingDocument, at: Moment): ProcessingStep {
  const { end, endHost, endedHosts, isGood, failing, ...kept } = document;
  if (document.attempt > LOST_LIMIT)
    return fail(document, `InternalServerError: The instance was lost ${document.attempt} times.`, at);
  return store({ ...kept, attempt: document.attempt + 1, phase: "Preparing", held: letGo(document.held, at.steady) });
}

/** What the programs were given was cut short by a death of what fed them: as if their instances had been lost. */
const voided = lost;

function stopping(look: Look): ProcessingStep {
  const { document, hosts, at } = look;
  switch (document.phase) {
    case "Collecting":
      return hosts.isLost ? stopped(document, at) : finish(look);
    case "Ending":
      if (hosts.isLive) return { do: "wait" };
      return hosts.ended.length > 0 ? wrapUp(look) : stopped(document, at);
    default:
      return stopped(document, at);
  }
}
