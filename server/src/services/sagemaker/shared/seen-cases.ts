// What tables of jobs are made of, of whichever noun: containers and activities as the engine sees them.
import type { Observed, ObservedActivity, ObservedUnit, UnitEnd } from "../../../engine/job-kind.ts";

export const NOW = 1_000_000;

export const anEnd = (exitCode: number, at = NOW - 10): UnitEnd => ({
  exitCode,
  outOfMemory: false,
  diskFull: false,
  at,
});
export const ended = (exitCode: number, at?: number): Partial<ObservedUnit> => ({
  phase: "ended",
  end: anEnd(exitCode, at),
});
export const is = (phase: ObservedUnit["phase"]): Partial<ObservedUnit> => ({ phase });

export const done = (result: object = {}): ObservedActivity => ({ state: "done", result });
export const failed = (reason: string): ObservedActivity => ({ state: "failed", reason });
export const busy: ObservedActivity = { state: "running", startedAt: 0 };

/** What is seen of the hosts in order, and of activities by name, the same for each host; one alone is all of them. */
export function seen(
  units: Partial<ObservedUnit> | readonly Partial<ObservedUnit>[],
  activities: ObservedActivity | Readonly<Record<string, ObservedActivity>> = busy,
): Observed {
  const all = "length" in units ? (units as readonly Partial<ObservedUnit>[]) : [units as Partial<ObservedUnit>];
  const nothing = { phase: "absent", notes: [], dials: new Map(), metrics: new Map() } as const;
  const byName = "state" in activities ? undefined : (activities as Readonly<Record<string, ObservedActivity>>);
  return {
    unit: (id) => ({ ...nothing, ...all[Number(/-algo-(\d+)$/.exec(id)?.[1]) - 1] }),
    activity: (name) => (byName ? (byName[name] ?? busy) : (activities as ObservedActivity)),
  };
}
