// One variant's instances, a look at a time: what is seen of them becomes their next phase, those that are missing are
// made, those too many are drained. Pure.
import type { Observed, ObservedUnit } from "../../../engine/job-kind.ts";
import { type Fleet, type Instance, isLive, isServing, type Variant } from "./document.ts";
import { endedReason, pingReason, refusedReason } from "./failure.ts";

/** An instance whose health checks fail for so long is replaced. */
const FAILING_LIMIT_MS = 30_000;
/** An instance that lived this long did not die of what killed the one before. */
const STABLE_MS = 600_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 300_000;

export interface Look {
  readonly observed: Observed;
  readonly now: number;
  /** Failed instances stay to be judged; else they give way to new ones. */
  readonly keepsFailed: boolean;
  /** Id of an instance that has not been yet. */
  readonly newInstanceId: () => string;
}

/** The variant after what can be seen; the same value when nothing changed. */
export function advance(variant: Variant, fleet: Fleet, look: Look): Variant {
  const isLeaving = fleet.role === "leaving" && (fleet.leaveAt === undefined || look.now >= fleet.leaveAt);
  const seen = variant.instances.flatMap((instance) => advanceInstance(instance, variant, look));
  if (isLeaving) return withInstances(variant, seen.flatMap(retire));
  const kept = look.keepsFailed ? seen : seen.filter(({ phase }) => phase !== "failed");
  return toCount(mourn(variant, withInstances(variant, kept), look.now), look);
}

/** An instance that is no longer needed: requests it has under way are waited for. */
function retire(instance: Instance): readonly Instance[] {
  if (instance.phase === "draining") return [instance];
  return isServing(instance) ? [{ id: instance.id, phase: "draining" }] : [];
}

function advanceInstance(instance: Instance, variant: Variant, look: Look): readonly Instance[] {
  const unit = look.observed.unit(instance.id);
  switch (instance.phase) {
    case "preparing":
      return prepare(instance, unit, variant, look);
    case "starting":
      return start(instance, unit, variant, look);
    case "serving":
      return isDead(unit, look.now) ? [] : [instance];
    case "failing": {
      const words = look.observed.activity("lastWords", instance.id);
      if (words.state !== "done") return words.state === "failed" ? [{ ...instance, phase: "failed" }] : [instance];
      return [{ ...instance, phase: "failed", reason: `${instance.reason}${words.result}` }];
    }
    case "failed":
      return [instance];
    case "draining": {
      const isOver = hasEnded(unit) || ["done", "failed"].includes(look.observed.activity("drain", instance.id).state);
      return isOver ? [] : [instance];
    }
  }
}

const hasEnded = ({ phase }: ObservedUnit): boolean => phase === "ended" || phase === "lost" || phase === "refused";

const isDead = (unit: ObservedUnit, now: number): boolean =>
  hasEnded(unit) || (unit.health?.state === "failing" && now >= unit.health.since + FAILING_LIMIT_MS);

function prepare(instance: Instance, unit: ObservedUnit, variant: Variant, look: Look): readonly Instance[] {
  if (unit.phase === "refused") return failed(instance, refusedReason(variant, unit));
  if (unit.phase === "lost") return [];
  const fetch = look.observed.activity("fetch", instance.id);
  if (fetch.state === "failed") return failed(instance, fetch.reason);
  return unit.phase === "reserved" && fetch.state === "done" ? [{ ...instance, phase: "starting" }] : [instance];
}

function start(instance: Instance, unit: ObservedUnit, variant: Variant, look: Look): readonly Instance[] {
  if (unit.phase === "refused") return failed(instance, refusedReason(variant, unit));
  if (unit.phase === "lost") return [];
  if (unit.phase === "ended") return [{ ...instance, phase: "failing", reason: endedReason(variant, unit.end) }];
  if (unit.health?.state === "passing") return [{ ...instance, phase: "serving", servingSince: look.now }];
  const limit = startLimit(variant, unit);
  if (limit === undefined || look.now < limit) return [instance];
  return [{ ...instance, phase: "failing", reason: pingReason(variant, unit) }];
}

const failed = (instance: Instance, reason: string): readonly Instance[] => [{ ...instance, phase: "failed", reason }];

/** When an instance that starts must have been healthy. */
const startLimit = ({ container }: Variant, { startedAt }: ObservedUnit): number | undefined =>
  startedAt === undefined ? undefined : startedAt + container.startLimitSeconds * 1000;

/** Counts those that went without being asked to, and puts off their replacements when they go one after the other. */
function mourn(before: Variant, after: Variant, now: number): Variant {
  const kept = new Set(after.instances.map(({ id }) => id));
  const dead = before.instances.filter((instance) => isLive(instance) && !kept.has(instance.id));
  if (dead.length === 0) return after;
  const wasStable = dead.every(({ servingSince }) => servingSince !== undefined && now - servingSince >= STABLE_MS);
  const deaths = (wasStable ? 0 : before.deaths) + dead.length;
  const waitMs = deaths < 2 ? 0 : Math.min(FIRST_RETRY_MS * 2 ** (deaths - 2), LONGEST_RETRY_MS);
  return { ...after, deaths, retryAt: now + waitMs };
}

/** Makes the instances that are missing and retires those too many, the youngest first. */
function toCount(variant: Variant, look: Look): Variant {
  const { instances, count } = variant;
  const live = instances.filter(isLive);
  if (live.length === count) return variant;
  if (live.length < count) {
    if ((variant.retryAt ?? 0) > look.now) return variant;
    const added = Array.from({ length: count - live.length }, (): Instance => {
      return { id: look.newInstanceId(), phase: "preparing" };
    });
    const { retryAt: _, ...rest } = variant;
    return { ...rest, instances: [...instances, ...added] };
  }
  const inOrder = [...live.filter(isServing), ...live.filter((instance) => !isServing(instance))];
  const tooMany = new Set(inOrder.slice(count));
  return { ...variant, instances: instances.flatMap((one) => (tooMany.has(one) ? retire(one) : [one])) };
}

function withInstances(variant: Variant, instances: readonly Instance[]): Variant {
  const isSame =
    instances.length === variant.instances.length &&
    instances.every((instance, index) => instance === variant.instances[index]);
  return isSame ? variant : { ...variant, instances };
}

/** The next time at which a look may see something new though nothing was told; undefined when there is none. */
export function lookAgainAt(variant: Variant, observed: Observed, now: number): number | undefined {
  const times: number[] = [];
  if (variant.instances.filter(isLive).length < variant.count && variant.retryAt !== undefined)
    times.push(variant.retryAt);
  for (const { id, phase } of variant.instances) {
    const unit = observed.unit(id);
    const limit = phase === "starting" ? startLimit(variant, unit) : undefined;
    if (limit !== undefined) times.push(limit);
    if (phase === "serving" && unit.health?.state === "failing") times.push(unit.health.since + FAILING_LIMIT_MS);
  }
  const due = times.filter((time) => time > now);
  return due.length === 0 ? undefined : Math.min(...due);
}
