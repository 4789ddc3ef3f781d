// Trails that log are served again and again: what was called since the last time goes to the bucket, and to the log group.
import { ApiError } from "../../core/errors.ts";
import { repeatedly } from "../../core/repeating.ts";
import type { CallRecord } from "../../store/calls/calls.ts";
import { Conflict } from "../../store/rows/rows.ts";
import { deliver } from "./shared/delivery.ts";
import { tellOfFiles, writeLines } from "./shared/telling.ts";
import { changeTrail, type Parts, TRAIL, type TrailDocument, type TrailRow } from "./shared/trails.ts";

/** Calls in one file at most. */
const MOST_CALLS = 5000;

/** Serves every trail once. What one bucket or group refuses keeps the others waiting for nothing. */
export async function deliverAll(parts: Parts): Promise<void> {
  for await (const row of parts.rows.everywhere<TrailDocument>(TRAIL, [])) {
    for (const sink of [files, lines]) for (let more = true; more; ) more = await serve(parts, row, sink);
  }
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
  const { calls, next } = await parts.calls.follow({ account: scope, from, limit: MOST_CALLS });
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
  return isSent && calls.length === MOST_CALLS;
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

/** Until the result is called, which resolves when nothing runs any more. */
export const startDeliveries = (
  parts: Parts,
  { everySeconds, report }: { readonly everySeconds: number; readonly report: (error: unknown) => void },
): (() => Promise<void>) =>
  repeatedly({ clock: parts.clock, everyMs: everySeconds * 1000, firstMs: everySeconds * 1000, report }, () =>
    deliverAll(parts),
  );
