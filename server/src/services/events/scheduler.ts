// Rules that are due at times. When a rule is due next is a row; what it starts is committed together with the time after
// that, so that a rule whose time has come starts its targets once, whatever ends the server. A time that passed while no
// server ran is made up for within a minute, as precise as AWS's schedules are, and else left out.
import { randomUUID } from "node:crypto";
import { createTurns } from "../../core/turns.ts";
import { Conflict, type Row, type RowWrite } from "../../store/rows/rows.ts";
import { ruleArn } from "./shared/arns.ts";
import { envelopeOf } from "./shared/envelope.ts";
import type { Parts } from "./shared/parts.ts";
import { type Bus, busOf, busScope } from "./shared/place.ts";
import { entriesFor } from "./shared/routing.ts";
import { isEnabled, RULE, type RuleDocument, type RuleRow } from "./shared/rule-rows.ts";
import { findRule } from "./shared/rules.ts";
import { readSchedule } from "./shared/schedule.ts";

export interface Scheduler {
  /** Takes up the rules that have times. */
  start(): Promise<void>;
  /** Looks at a rule that was changed. */
  look(bus: Bus, rule: string): Promise<void>;
  close(): Promise<void>;
}

/** When a rule is due next. */
interface Due {
  /** Expression that the time is by. */
  readonly schedule: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

type SchedulerParts = Pick<Parts, "rows" | "clock" | "outbox" | "series" | "report">;

const DUE = "events:due";
const MADE_UP_FOR_MS = 60_000;

export function openScheduler(parts: SchedulerParts): Scheduler {
  const { rows, clock, report } = parts;
  const cancels = new Map<string, () => void>();
  /** By rule: what is done with its times, so that the last sees what the others did. */
  const turns = createTurns();
  let isClosed = false;

  const idOf = (bus: Bus, rule: string): string => `${busScope(bus)}\n${rule}`;

  const inTurn = (bus: Bus, rule: string, work: () => Promise<void>): Promise<void> =>
    turns.inTurn(idOf(bus, rule), work);

  function disarm(bus: Bus, rule: string): void {
    cancels.get(idOf(bus, rule))?.();
    cancels.delete(idOf(bus, rule));
  }

  function arm(bus: Bus, rule: string, at: number): void {
    disarm(bus, rule);
    if (isClosed) return;
    const wake = () => {
      cancels.delete(idOf(bus, rule));
      inTurn(bus, rule, () => fire(bus, rule)).catch((error: unknown) => {
        report(error);
        arm(bus, rule, clock.now() + MADE_UP_FOR_MS / 2);
      });
    };
    cancels.set(idOf(bus, rule), clock.at(at, wake));
  }

  const keyOf = (bus: Bus, rule: string) => ({ kind: DUE, scope: busScope(bus), name: rule });

  async function fire(bus: Bus, name: string): Promise<void> {
    const due = await rows.get<Due>(keyOf(bus, name));
    const rule = await findRule(parts, bus, name);
    if (due === undefined || rule === undefined) return;
    const now = clock.now();
    const { at, schedule } = due.document;
    if (at > now) return arm(bus, name, at);
    if (!isEnabled(rule) || rule.document.schedule !== schedule) return await look(bus, name);
    const isLate = now - at > MADE_UP_FOR_MS;
    const entries = isLate ? [] : startsOf(parts, bus, rule, at);
    const next = nextTime(schedule, at, now);
    const put: readonly RowWrite<unknown>[] =
      next === undefined ? entries : [dueRow(bus, name, { schedule, at: next }, now), ...entries];
    const remove = next === undefined ? [due] : [];
    try {
      await rows.commit({ expect: [{ key: due, version: due.version }], put, remove });
    } catch (cause) {
      if (!(cause instanceof Conflict)) throw cause;
      return await look(bus, name);
    }
    parts.outbox.committed(entries);
    if (next !== undefined) arm(bus, name, next);
  }

  const dueRow = (bus: Bus, name: string, document: Due, now: number): RowWrite<Due> => ({
    ...keyOf(bus, name),
    status: "Due",
    createdAt: now,
    modifiedAt: now,
    document,
  });

  async function look(bus: Bus, name: string): Promise<void> {
    const rule = await findRule(parts, bus, name);
    const due: Row<Due> | undefined = await rows.get<Due>(keyOf(bus, name));
    const schedule = rule && isEnabled(rule) ? rule.document.schedule : undefined;
    if (schedule === undefined) {
      disarm(bus, name);
      if (due) await rows.commit({ remove: [due] });
      return;
    }
    if (due?.document.schedule === schedule) return arm(bus, name, due.document.at);
    const now = clock.now();
    const at = readSchedule(schedule).next(now);
    if (at === undefined) return;
    await rows.commit({ put: [dueRow(bus, name, { schedule, at }, now)] });
    arm(bus, name, at);
  }

  return {
    async start() {
      for await (const { scope, name, document } of rows.everywhere<RuleDocument>(RULE, ["DISABLED"]))
        if (document.schedule !== undefined) await inTurn(busOf(scope), name, () => look(busOf(scope), name));
    },
    look: (bus, rule) => inTurn(bus, rule, () => look(bus, rule)),
    async close() {
      isClosed = true;
      for (const cancel of cancels.values()) cancel();
      await turns.over();
    },
  };
}

/** The first time after now; of a rate one of its own beat. */
function nextTime(schedule: string, at: number, now: number): number | undefined {
  const { periodMs, next } = readSchedule(schedule);
  if (periodMs === undefined) return next(now);
  return at + (Math.floor((now - at) / periodMs) + 1) * periodMs;
}

function startsOf(parts: SchedulerParts, bus: Bus, rule: RuleRow, at: number) {
  const { account, region } = bus;
  const event = envelopeOf({
    id: randomUUID(),
    account,
    region,
    source: "aws.events",
    detailType: "Scheduled Event",
    at,
    resources: [ruleArn(bus, rule.name)],
    detail: {},
  });
  return entriesFor(parts, bus, rule, { event, at: parts.clock.now(), hops: 0 });
}
