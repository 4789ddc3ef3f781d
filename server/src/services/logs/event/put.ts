// Which events of a batch are taken, and which batches are refused (Logs API reference, PutLogEvents).
import type { LogEvent } from "../../../store/series/series.ts";
import { invalidParameter } from "../errors.ts";

const BATCH_BYTES = 1_048_576;
/** Counted for each event besides its text. */
const EVENT_OVERHEAD_BYTES = 26;
/** 1 MB since 2025; 256 KB before. */
const EVENT_BYTES = 1_048_576;
const MS_PER_HOUR = 3_600_000;
const BATCH_SPAN_MS = 24 * MS_PER_HOUR;
const FUTURE_MS = 2 * MS_PER_HOUR;
const PAST_MS = 14 * 24 * MS_PER_HOUR;

export interface Judged {
  readonly taken: readonly LogEvent[];
  /** Absent when everything was taken. */
  readonly rejected?: {
    readonly tooNewLogEventStartIndex?: number;
    readonly tooOldLogEventEndIndex?: number;
    readonly expiredLogEventEndIndex?: number;
  };
}

/** `retainedSince`: older events have already outlived the group's retention. @throws ApiError InvalidParameter */
export function judgeBatch(events: readonly LogEvent[], now: number, retainedSince: number): Judged {
  checkBatch(events);
  const tooNew = events.findIndex(({ timestamp }) => timestamp > now + FUTURE_MS);
  const tooOld = events.findLastIndex(({ timestamp }) => timestamp < now - PAST_MS) + 1;
  const expired = events.findLastIndex(({ timestamp }) => timestamp < retainedSince) + 1;
  const taken = events.slice(Math.max(tooOld, expired), tooNew < 0 ? undefined : tooNew);
  if (taken.length === events.length) return { taken };
  return {
    taken,
    rejected: {
      ...(tooNew < 0 ? {} : { tooNewLogEventStartIndex: tooNew }),
      ...(tooOld === 0 ? {} : { tooOldLogEventEndIndex: tooOld }),
      ...(expired === 0 ? {} : { expiredLogEventEndIndex: expired }),
    },
  };
}

function checkBatch(events: readonly LogEvent[]): void {
  let batchBytes = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const { timestamp, message } of events) {
    if (timestamp < last) {
      throw invalidParameter("Log events in a single PutLogEvents request must be in chronological order.");
    }
    last = timestamp;
    const eventBytes = Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
    if (eventBytes > EVENT_BYTES) {
      throw invalidParameter(`Log event too large: ${eventBytes} bytes exceeds limit of ${EVENT_BYTES}`);
    }
    batchBytes += eventBytes;
  }
  if (batchBytes > BATCH_BYTES) {
    throw invalidParameter(`Upload too large: ${batchBytes} bytes exceeds limit of ${BATCH_BYTES}`);
  }
  if (last - (events[0]?.timestamp ?? last) > BATCH_SPAN_MS) {
    throw invalidParameter("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
}
