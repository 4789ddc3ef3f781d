// The hosts of one job: their names, and what is seen of all their containers together.
import type { Observed, ObservedUnit, UnitEnd } from "../../../engine/job-kind.ts";

/** A container of a job: its host's name, and the unit of the attempt under way. */
export interface Host {
  readonly name: string;
  readonly unitId: string;
}

/** Hosts in the order of their numbers: algo-1, algo-2 … `group`: id of what they share, another for each attempt. */
export const hostsIn = (group: string, count: number): readonly Host[] =>
  Array.from({ length: count }, (_, index) => ({ name: `algo-${index + 1}`, unitId: `${group}-algo-${index + 1}` }));

/** What a program learns of itself and the others, as resourceconfig.json has it (container contract). */
export const resourceConfig = (hosts: readonly Host[], unitId: string) => ({
  current_host: hosts.find((host) => host.unitId === unitId)?.name,
  hosts: hosts.map(({ name }) => name).sort(),
});

/** Log stream of a host: clients look for the prefix `<job>/`. `createdAt`: of the job, in seconds since 1970. */
export const streamOf = (job: string, host: string, createdAt: number, attempt: number): string =>
  `${job}/${host}-${Math.floor(createdAt)}${attempt === 1 ? "" : `-${attempt}`}`;

export interface SeenHost extends Host {
  readonly unit: ObservedUnit;
}

export interface EndedHost extends Host {
  readonly end: UnitEnd;
}

export interface SeenHosts {
  readonly all: readonly SeenHost[];
  readonly ended: readonly EndedHost[];
  /** One vanished without an exit code. */
  readonly isLost: boolean;
  /** Why one can never run here, as a FailureReason. */
  readonly refusal: string | undefined;
  /** All have room and a folder, and none has been started. */
  readonly areReserved: boolean;
  /** A program of theirs runs or is being started. */
  readonly isLive: boolean;
  /** What people should know about the resources they got, each thing once. */
  readonly notes: readonly string[];
}

export function lookAt(hosts: readonly Host[], observed: Observed): SeenHosts {
  const all = hosts.map((host) => ({ ...host, unit: observed.unit(host.unitId) }));
  const ended = all.flatMap(({ unit, ...host }) =>
    unit.phase === "ended" && unit.end ? [{ ...host, end: unit.end }] : [],
  );
  const phases = new Set(all.map(({ unit }) => unit.phase));
  const refused = all.find(({ unit }) => unit.phase === "refused");
  return {
    all,
    ended,
    isLost: phases.has("lost"),
    refusal: refused && refusalOf(refused.unit),
    areReserved: all.every(({ unit }) => unit.phase === "reserved"),
    isLive: phases.has("starting") || phases.has("running"),
    notes: [...new Set(all.flatMap(({ unit }) => unit.notes))],
  };
}

/** FailureReason of a job whose container can never run here. */
export const refusalOf = ({ reason, isPlatformsFault }: ObservedUnit): string =>
  `${isPlatformsFault ? "InternalServerError" : "ClientError"}: ${reason ?? "its container was refused."}`;

/**
 * The end that tells how the job ended: the first program that failed, since those after it may have failed for want of it
 * or been told to end; without one, or when all were told to end, the last.
 */
export function decidingEnd(ended: readonly EndedHost[], wereTold: boolean): EndedHost | undefined {
  const inOrder = [...ended].sort((one, other) => one.end.at - other.end.at);
  const failed = wereTold ? undefined : inOrder.find(({ end }) => end.exitCode !== 0);
  return failed ?? inOrder.at(-1);
}

/** Last number of each metric that any of the hosts has printed. */
export function lastMetrics(seen: SeenHosts): ReadonlyMap<string, { readonly value: number; readonly at: number }> {
  const last = new Map<string, { readonly value: number; readonly at: number }>();
  for (const { unit } of seen.all)
    for (const [name, reading] of unit.metrics)
      if (reading.at >= (last.get(name)?.at ?? Number.NEGATIVE_INFINITY)) last.set(name, reading);
  return last;
}

/** An activity that is asked of each host, as a whole: failed with the first reason, done when all are. */
export function eachHost(
  hosts: readonly Host[],
  name: string,
  observed: Observed,
):
  | { readonly state: "running" | "done"; readonly results: readonly unknown[] }
  | { readonly state: "failed"; readonly reason: string } {
  const all = hosts.map(({ unitId }) => observed.activity(name, unitId));
  for (const one of all) if (one.state === "failed") return one;
  const results = all.flatMap((one) => (one.state === "done" ? [one.result] : []));
  return { state: results.length === hosts.length ? "done" : "running", results };
}
