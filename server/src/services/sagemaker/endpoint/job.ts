// How an endpoint goes: Creating → InService or Failed; Updating brings up a new fleet beside the old one and moves the
// traffic when all of it is healthy. Pure. Statuses and ways between them: API reference, DescribeEndpoint.
import type { EndpointStatus } from "../../../../../contract/sagemaker/types.ts";
import type { Observed, Step } from "../../../engine/job-kind.ts";
import {
  type Capacity,
  type EndpointDocument,
  type EndpointRow,
  type Fleet,
  isServing,
  type Variant,
} from "./document.ts";
import { lostReason, REASON_CHARACTERS } from "./failure.ts";
import { advance, lookAgainAt } from "./instances.ts";

/** Instances of a coming fleet that the platform may lose before that counts as a failure. */
const LOST_LIMIT = 5;

/** All times here are for limits and waits, so they are on the steady scale. */
export function next(row: EndpointRow, observed: Observed, now: number, steady = now): Step<EndpointDocument> {
  const status = row.status as EndpointStatus;
  const seen = look(row, observed, steady);
  const step = judge(status, seen, steady);
  if (step === "gone") return { do: "remove" };
  if (step.status === status && step.document === row.document) return wait(row.document, observed, steady);
  return { do: "store", ...step };
}

interface Outcome {
  readonly status: EndpointStatus;
  readonly document: EndpointDocument;
}

/** All that can be seen of every fleet taken into the document; the same value when nothing changed. */
function look({ document }: EndpointRow, observed: Observed, now: number): EndpointDocument {
  let { made } = document;
  const newInstanceId = () => {
    made += 1;
    return `${document.id}-${made}`;
  };
  const fleets = document.fleets.map((fleet) => {
    const keepsFailed = fleet.role === "coming" || document.before !== undefined;
    const variants = fleet.variants.map((variant) =>
      advance(variant, fleet, { observed, now, keepsFailed, newInstanceId }),
    );
    return isSame(variants, fleet.variants) ? fleet : { ...fleet, variants };
  });
  const left = fleets.filter(({ role, variants }) => role !== "leaving" || variants.some(hasInstances));
  return isSame(left, document.fleets) ? document : { ...document, made, fleets: left };
}

const isSame = (left: readonly unknown[], right: readonly unknown[]): boolean =>
  left.length === right.length && left.every((item, index) => item === right[index]);

const hasInstances = ({ instances }: Variant): boolean => instances.length > 0;

function judge(status: EndpointStatus, document: EndpointDocument, now: number): Outcome | "gone" {
  switch (status) {
    case "Creating":
      return create(document, now);
    case "Updating":
      return document.before === undefined ? update(document, now) : resize(document, document.before);
    case "RollingBack":
      return { status: document.fleets.every(isReady) ? "InService" : status, document };
    case "Deleting":
      return leave(document);
    default:
      return { status, document };
  }
}

function create(document: EndpointDocument, now: number): Outcome {
  const [coming] = document.fleets;
  if (!coming) throw new Error(`Endpoint ${document.arn} is Creating without a fleet.`);
  if (coming.role === "serving") return { status: "InService", document };
  const reason = failureOf(coming);
  if (reason !== undefined) {
    const variants = coming.variants.map((variant) => ({ ...variant, instances: [] }));
    return { status: "Failed", document: withReason({ ...document, fleets: [{ ...coming, variants }] }, reason) };
  }
  return { status: "Creating", document: isReady(coming) ? switched(document, now) : document };
}

function update(document: EndpointDocument, now: number): Outcome {
  const coming = document.fleets.find(({ role }) => role === "coming");
  if (!coming) {
    // The old fleet stays at hand for as long as the deployment asked.
    const isWaiting = document.fleets.some(({ leaveAt }) => leaveAt !== undefined && now < leaveAt);
    return { status: isWaiting ? "Updating" : "InService", document };
  }
  const reason = failureOf(coming);
  if (reason !== undefined) {
    const fleets = document.fleets.filter((fleet) => fleet !== coming);
    return { status: "InService", document: withReason({ ...document, fleets }, reason) };
  }
  return { status: "Updating", document: isReady(coming) ? switched(document, now) : document };
}

/** The coming fleet gets the traffic, the one that had it leaves. The status follows when the routes are known. */
function switched(document: EndpointDocument, now: number): EndpointDocument {
  const blueGreen = document.deployment?.BlueGreenUpdatePolicy;
  const waitSeconds =
    (blueGreen?.TrafficRoutingConfiguration.WaitIntervalInSeconds ?? 0) + (blueGreen?.TerminationWaitInSeconds ?? 0);
  const leaveAt = waitSeconds > 0 ? { leaveAt: now + waitSeconds * 1000 } : {};
  const moved = ({ role, ...fleet }: Fleet): Fleet => {
    if (role === "coming") return { ...fleet, role: "serving" };
    return role === "serving" ? { ...fleet, role: "leaving", ...leaveAt } : { ...fleet, role };
  };
  return { ...document, fleets: document.fleets.map(moved) };
}

/** A change of weights and counts; one that fails is taken back. */
function resize(document: EndpointDocument, before: readonly Capacity[]): Outcome {
  const serving = document.fleets.find(({ role }) => role === "serving");
  const { before: _, ...rest } = document;
  if (!serving || isReady(serving)) return { status: "InService", document: rest };
  const reason = failureOf(serving);
  if (reason === undefined) return { status: "Updating", document };
  const variants = serving.variants.map((variant) => {
    const old = before.find(({ name }) => name === variant.name);
    return old ? { ...variant, weight: old.weight, count: old.count } : variant;
  });
  const fleets = document.fleets.map((fleet) => (fleet === serving ? { ...serving, variants } : fleet));
  return { status: "RollingBack", document: withReason({ ...rest, fleets }, reason) };
}

const leave = (document: EndpointDocument): Outcome | "gone" =>
  document.fleets.length === 0 ? "gone" : { status: "Deleting", document };

/** The endpoint on its way out: every instance ends when it is idle. */
export const allLeaving = (document: EndpointDocument): EndpointDocument => ({
  ...document,
  fleets: document.fleets.map(({ leaveAt: _, ...fleet }) => ({ ...fleet, role: "leaving" })),
});

/** Every variant has the instances it should have, all of them healthy. */
const isReady = ({ role, variants }: Fleet): boolean =>
  role === "leaving" || variants.every(({ instances, count }) => instances.filter(isServing).length >= count);

/** Why a fleet cannot come into service. */
function failureOf({ variants, role }: Fleet): string | undefined {
  for (const variant of variants) {
    const failed = variant.instances.find(({ phase }) => phase === "failed");
    if (failed) return failed.reason ?? "The container failed.";
    if (role === "coming" && variant.deaths > LOST_LIMIT) return lostReason(variant, variant.deaths);
  }
  return undefined;
}

const withReason = (document: EndpointDocument, reason: string): EndpointDocument => ({
  ...document,
  failureReason: reason.slice(0, REASON_CHARACTERS),
});

function wait({ fleets }: EndpointDocument, observed: Observed, now: number): Step<EndpointDocument> {
  const times = fleets.flatMap(({ variants, leaveAt }) => [
    ...(leaveAt !== undefined && leaveAt > now ? [leaveAt] : []),
    ...variants.flatMap((variant) => lookAgainAt(variant, observed, now) ?? []),
  ]);
  return times.length === 0 ? { do: "wait" } : { do: "wait", until: Math.min(...times) };
}
