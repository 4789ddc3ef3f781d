// What the operations, the scheduler and the deliveries of EventBridge work on.
import type { Clock } from "../../../core/clock.ts";
import type { OwnedSecrets, PolicyChecks } from "../../../core/ports.ts";
import type { Outbox } from "../../../store/outbox.ts";
import type { Rows } from "../../../store/rows/rows.ts";
import type { Series } from "../../../store/series/series.ts";
import type { Envelope } from "./envelope.ts";
import type { Bus, Place } from "./place.ts";
import type { RuleBook } from "./rule-book.ts";

/** An event on its way to one target of a rule. */
export interface Delivery {
  readonly event: Envelope;
  readonly rule: string;
  readonly target: string;
  /** Buses that it has come over before this one. */
  readonly hops: number;
  /** When the bus took it; milliseconds since 1970. */
  readonly at: number;
}

export interface Parts {
  readonly rows: Rows;
  readonly series: Series;
  readonly policies: PolicyChecks;
  readonly clock: Clock;
  readonly rules: RuleBook;
  readonly outbox: Outbox<Delivery>;
  /** What connections authorize with. */
  readonly secrets: OwnedSecrets;
  /** Told of what fails behind the back of callers. */
  readonly report: (error: unknown) => void;
  /** Begins, moves or ends the schedule of a rule, after its commit. */
  readonly rescheduled: (bus: Bus, rule: string) => Promise<void>;
  /** Authorizes a connection behind the answer. */
  readonly authorize: (place: Place, connection: string) => void;
}
