// What was called since the last time goes to the bucket of a trail, and to its log group.
import type { CallRecord } from "../../../core/call-record.ts";
import { ApiError } from "../../../core/errors.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { deliver } from "./delivery.ts";
import { tellOfFiles, writeLines } from "./telling.ts";
import { changeTrail, type Parts, type TrailDocument, type TrailRow, trailArn } from "./trails.ts";

/** Calls in one file at most. */
const MOST_CALLS = 5000;

/** Hands on all that the trail wants until now. What a bucket or group refuses waits for the next time. */
export function serveTrail(parts: Parts, row: TrailRow): Promise<void> {
  return parts.turns.inTurn(trailArn(row), async () => {
    for (const sink of [files, lines]) for (let more = true; more; ) more = await serve(parts, row, sink);
  });
}

interface Batch {
  readonly calls: readonly CallRecord[];
  readonly from: number;
}

/** Where the calls of a trail go, each with a place of its own in the log of calls. */
interface Sink {
  readonly place: "delivered" | "logged";
  /** What the trail says of it then. */
  send(parts: Parts, row: TrailRow, batch: Batch): Promise<{ readonly isSent: boolean; readonly facts: Facts }>;
}

type Facts = Partial<TrailDocument>;

const files: Sink = {
  place: "delivered",
  async send(parts, row, { calls, from }) {
    let keys: readonly string[] = [];
    const failure = await failureOf(async () => {
      keys = await deliver(parts, row, calls, from);
    });
    const now = parts.clock.now();
    if (failure !== undefined) return { isSent: false, facts: { attemptedAt: now, failure } };
    const facts = { deliveredAt: now, attemptedAt: now, failure };
    const isTold = row.document.topicArn !== undefined && keys.length > 0;
    return { isSent: true, facts: isTold ? { ...facts, ...(await tell(parts, row, keys)) } : facts };
  },
};

/** A file is there also when nobody could be told of it. */
async function tell(parts: Parts, row: TrailRow, keys: readonly string[]): Promise<Facts> {
  const notifyFailure = await failureOf(() => tellOfFiles(parts, row, keys));
  const now = parts.clock.now();
  return { notifyAttemptedAt: now, notifyFailure, ...(notifyFailure === undefined ? { notifiedAt: now } : {}) };
}

const lines: Sink = {
  place: "logged",
  async send(parts, row, { calls }) {
    const logFailure = await failureOf(() => writeLines(parts, row, calls));
    if (logFailure !== undefined) return { isSent: false, facts: { logFailure } };
    return { isSent: true, facts: { logFailure, loggedAt: parts.clock.now() } };
  },
};

/** Hands on the next calls and moves the trail's place; whether there is more. A crash in between hands them on twice. */
async function serve(parts: Parts, { kind, scope, name }: TrailRow, { place, send }: Sink): Promise<boolean> {
  const row = await parts.rows.get<TrailDocument>({ kind, scope, name });
  const from = row?.document[place];
  if (row === undefined || from === undefined) return false;
  const { calls, next, hasMore } = await parts.calls.follow({ account: scope, from, limit: MOST_CALLS });
  if (calls.length === 0) return false;
  const { isSent, facts } = await send(parts, row, { calls, from });
  const note = (document: TrailDocument): TrailDocument => ({
    ...document,
    ...facts,
    [place]: isSent ? next : from,
  });
  try {
    const find = async () => {
      const found = await parts.rows.get<TrailDocument>({ kind, scope, name });
      if (found?.document[place] !== from) throw new Gone();
      return found;
    };
    await changeTrail(parts, find, note, parts.clock.now());
  } catch (cause) {
    if (cause instanceof Gone || cause instanceof Conflict) return false;
    throw cause;
  }
  return isSent && hasMore === true;
}

/** The trail was deleted, stopped or started anew meanwhile. */
class Gone extends Error {
  override readonly name = "Gone";
}

async function failureOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (cause) {
    if (cause instanceof ApiError) return cause.code;
    throw cause;
  }
}
