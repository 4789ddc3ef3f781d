// What a unit is given: the parts it works with, the row it belongs to, the units it shares a network with.
import type { Backend } from "../backends/backend.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Series } from "../store/series/series.ts";
import type { UnitImages } from "./engine.ts";
import type { Machine } from "./instance-types.ts";
import type { Platform } from "./platform.ts";
import type { SessionCache } from "./role-sessions.ts";
import type { SlotKeeper } from "./slots.ts";

export interface UnitParts {
  readonly backend: Backend;
  readonly images: UnitImages;
  /** Of the roles that pull images. */
  readonly sessions: SessionCache;
  readonly series: Series;
  readonly slots: SlotKeeper;
  readonly platform: Platform;
  readonly machine: Machine;
  readonly strict: boolean;
  readonly spares: number;
  readonly longestGraceSeconds: number;
  readonly clock: Clock;
  /** Milliseconds on the steady scale. */
  readonly steady: () => number;
  readonly log: Log;
}

/** The row a unit belongs to. */
export interface UnitOwner {
  readonly account: string;
  readonly region: string;
  /** Called after every change of what can be observed. */
  readonly changed: () => void;
}

/** Units of a group ask for the CPUs of all of them together, and hold them until the last has ended. */
export interface UnitGroup {
  readonly hosts: readonly string[];
  readonly cpus: number;
  /** Ids of those that have not ended; kept by the units. */
  readonly live: Set<string>;
}
