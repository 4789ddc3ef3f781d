// Calls on the bus: while a trail logs, what it takes and what changes something is told to EventBridge within seconds.
// Source: EventBridge user guide, "AWS service events delivered via AWS CloudTrail". One place in the log of calls for each
// account is kept; ids of events are made of the calls, so that one that is told twice is taken once.
import type { CallRecord } from "../../core/call-record.ts";
import type { EventBus, ServiceEvent } from "../../core/ports.ts";
import { createTurns } from "../../core/turns.ts";
import { eventId, eventOf } from "./shared/events.ts";
import { isWanted } from "./shared/selection.ts";
import { sourceOf } from "./shared/sources.ts";
import {
  allTrails,
  type Feed,
  type Parts,
  placeOf,
  TRAIL,
  type TrailDocument,
  type TrailRow,
} from "./shared/trails.ts";

const EVERY_MS = 1000;
/** Calls read at once, and calls that nobody wanted until their end is written down. */
const MANY = 1000;

interface FeedParts extends Pick<Parts, "rows" | "calls" | "clock"> {
  readonly bus: EventBus;
  readonly report: (error: unknown) => void;
}

export interface RunningFeed extends Feed {
  /** Goes on where it was. */
  start(): Promise<void>;
  close(): Promise<void>;
}

interface Cursor {
  readonly next: number;
  /** Calls since the place that is written down. */
  readonly unkept: number;
}

const cursorKey = (account: string) => ({ kind: "cloudtrail:feed", scope: account, name: "calls" });

/** Nothing runs while no trail logs. */
export function openFeed(parts: FeedParts): RunningFeed {
  const { rows, clock, report } = parts;
  const cursors = new Map<string, Cursor>();
  const turns = createTurns();
  let running: Promise<unknown> = Promise.resolve();
  let cancel: (() => void) | undefined;
  let isClosed = false;

  const arm = () => {
    if (isClosed || cancel !== undefined || cursors.size === 0) return;
    cancel = clock.at(clock.now() + EVERY_MS, () => {
      running = round()
        .catch(report)
        .then(() => {
          cancel = undefined;
          arm();
        });
    });
  };
  const catchUp = (account: string) =>
    turns.inTurn(account, async () => {
      while (await follow(account));
    });
  const round = async () => {
    for (const account of cursors.keys()) await catchUp(account);
  };
  /** Whether there is more. */
  const follow = async (account: string): Promise<boolean> => {
    const cursor = cursors.get(account);
    if (cursor === undefined || isClosed) return false;
    const { calls, next, hasMore } = await parts.calls.follow({ account, from: cursor.next, limit: MANY });
    if (calls.length === 0) return false;
    const trails = await loggingTrails(parts, account);
    const told = calls.filter((call) => trails.some((trail) => isTold(trail, call)));
    await parts.bus.put(told.map(busEventOf));
    const unkept = cursor.unkept + calls.length;
    const isKept = told.length > 0 || unkept >= MANY;
    if (isKept) await keep(account, next);
    // Unless the last trail ended meanwhile.
    if (cursors.get(account) === cursor) cursors.set(account, { next, unkept: isKept ? 0 : unkept });
    return hasMore === true;
  };
  const keep = async (account: string, next: number) => {
    const at = clock.now();
    await rows.commit({
      put: [{ ...cursorKey(account), status: "", createdAt: at, modifiedAt: at, document: { next } }],
    });
  };

  return {
    catchUp,
    async look(account) {
      const places = (await loggingTrails(parts, account)).flatMap(({ document }) => document.delivered ?? []);
      if (places.length === 0) {
        if (cursors.delete(account)) await rows.commit({ remove: [cursorKey(account)] });
        return;
      }
      if (cursors.has(account)) return;
      const kept = await rows.get<{ readonly next: number }>(cursorKey(account));
      cursors.set(account, { next: kept?.document.next ?? Math.min(...places), unkept: 0 });
      arm();
    },
    async start() {
      const accounts = new Set<string>();
      for await (const { scope } of rows.everywhere(TRAIL, [])) accounts.add(scope);
      for (const account of accounts) await this.look(account);
    },
    async close() {
      isClosed = true;
      cancel?.();
      await running;
    },
  };
}

async function loggingTrails(parts: Pick<Parts, "rows">, account: string): Promise<readonly TrailRow[]> {
  return (await allTrails(parts, account)).filter(({ document }) => document.delivered !== undefined);
}

/** A call before the trail began is not one of its calls. */
function isTold({ document, ...row }: TrailRow, call: CallRecord): boolean {
  const { startedAt = 0 }: TrailDocument = document;
  if (call.at < startedAt || sourceOf(call.service).isRead(call.operation)) return false;
  return isWanted(document, placeOf(row).region, call);
}

const busEventOf = (call: CallRecord): ServiceEvent => ({
  id: eventId(call),
  account: call.account,
  region: call.region,
  source: `aws.${sourceOf(call.service).name.replace(".amazonaws.com", "")}`,
  detailType: "AWS API Call via CloudTrail",
  at: call.at,
  resources: [],
  detail: eventOf(call),
});
