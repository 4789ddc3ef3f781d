// Trails that log are served again and again: what was called since the last file is written to the bucket.
import { ApiError } from "../../core/errors.ts";
import { repeatedly } from "../../core/repeating.ts";
import { Conflict } from "../../store/rows/rows.ts";
import { deliver } from "./shared/delivery.ts";
import { changeTrail, type Parts, TRAIL, type TrailDocument, type TrailRow } from "./shared/trails.ts";

/** Calls in one file at most. */
const MOST_CALLS = 5000;

/** Serves every trail once. What one bucket refuses keeps the others waiting for nothing. */
export async function deliverAll(parts: Parts): Promise<void> {
  for await (const row of parts.rows.everywhere<TrailDocument>(TRAIL, [])) {
    for (let more = true; more; ) more = await serve(parts, row);
  }
}

/** Writes the next file of a trail and moves its place on; whether there is more. A crash in between writes it twice. */
async function serve(parts: Parts, { kind, scope, name }: TrailRow): Promise<boolean> {
  const row = await parts.rows.get<TrailDocument>({ kind, scope, name });
  const from = row?.document.delivered;
  if (row === undefined || from === undefined) return false;
  const { calls, next } = await parts.calls.follow({ account: scope, from, limit: MOST_CALLS });
  if (calls.length === 0) return false;
  const failure = await failureOf(() => deliver(parts, row, calls, from));
  const now = parts.clock.now();
  const note = (document: TrailDocument): TrailDocument =>
    failure === undefined
      ? { ...document, delivered: next, deliveredAt: now, attemptedAt: now, failure }
      : { ...document, attemptedAt: now, failure };
  const isStill = ({ document }: TrailRow) => document.delivered === from;
  try {
    const find = async () => {
      const found = await parts.rows.get<TrailDocument>({ kind, scope, name });
      if (found === undefined || !isStill(found)) throw new Gone();
      return found;
    };
    await changeTrail(parts, find, note, now);
  } catch (cause) {
    if (cause instanceof Gone || cause instanceof Conflict) return false;
    throw cause;
  }
  return failure === undefined && calls.length === MOST_CALLS;
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
