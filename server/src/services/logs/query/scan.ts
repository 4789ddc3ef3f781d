// The log events of several groups within a span of time, some at a time; in no order, as sorting is the query's.
import type { Series, StoredLogEvent } from "../../../store/series/series.ts";
import type { EventPlace } from "./evaluate/record.ts";

/** A batch of PutLogEvents: what was put at once is read at once. */
const CHUNK = 10_000;
const CHUNK_BYTES = 1_048_576;

export interface ScanRange {
  readonly account: string;
  readonly region: string;
  readonly groups: readonly {
    readonly group: string;
    /** Events before it are gone for readers; milliseconds since 1970. */
    readonly since: number;
  }[];
  /** Inclusive start, exclusive end; milliseconds since 1970. */
  readonly startTime: number;
  readonly endTime: number;
}

export async function* scanEvents(
  series: Series,
  { account, region, groups, startTime, endTime }: ScanRange,
): AsyncGenerator<{ readonly place: EventPlace; readonly events: readonly StoredLogEvent[] }> {
  for (const { group, since } of groups) {
    const start = Math.max(startTime, since);
    const streams = await series.logStreams({ account, region, group }, "");
    for (const { stream, firstEventAt = Number.POSITIVE_INFINITY, lastEventAt = 0 } of streams) {
      if (lastEventAt < start || firstEventAt >= endTime) continue;
      for (let from = 0; ; ) {
        const events = await series.readLogs(
          { account, region, group, stream },
          { from, limit: CHUNK, limitBytes: CHUNK_BYTES, startTime: start, endTime },
        );
        const last = events.at(-1);
        if (!last) break;
        yield { place: { account, group, stream }, events };
        from = last.sequence + 1;
      }
    }
  }
}
