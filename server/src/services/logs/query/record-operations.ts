// What queries lead to: one whole log event, and the fields that a group's events have.
import type { Operations as Contract } from "../../../../../contract/logs/types.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidParameter, noGroup, noStream, resourceNotFound } from "../errors.ts";
import type { LogsContext } from "../shared/context.ts";
import { groupNameOf, groupRow, hasGroup, onGroup, retainedSince } from "../shared/groups.ts";
import { Slice } from "../shared/slice.ts";
import { discoverFields, wholeRecord } from "./evaluate/discover.ts";
import { EventRecord, readPointer } from "./evaluate/record.ts";
import { scanEvents } from "./scan.ts";

/** Logs API reference, GetLogGroupFields: what is looked at before now, or around a time. */
const RECENT_MS = 15 * 60_000;
const AROUND_MS = 8 * 60_000;
/** Events looked at, and fields told (quotas: discovered log fields of a group). */
const MAX_EVENTS = 10_000;
const MAX_FIELDS = 1000;
const SYSTEM_FIELDS = ["@ingestionTime", "@log", "@logStream", "@message", "@timestamp"];

/** A part of the table; `query/operations.ts` holds the rest. */
export const queryRecord = (context: LogsContext): Operations<Contract> => ({
  GetLogRecord: {
    permissions: ({ logRecordPointer }, call) => onGroup(call, pointed(logRecordPointer).group),
    async run({ logRecordPointer }, call) {
      const { group, stream, sequence } = pointed(logRecordPointer);
      const { account, region } = call;
      const key = { account, region, group, stream };
      if (!(await context.series.hasLogStream(key))) throw noStream();
      const [event] = await context.series.readLogs(key, { from: sequence, limit: 1 });
      const since = retainedSince((await groupRow(context, call, group))?.document, call.at);
      if (!event || event.sequence !== sequence || event.timestamp < since) {
        throw resourceNotFound("The specified log record does not exist.");
      }
      return { logRecord: wholeRecord(new EventRecord(event, { account, group, stream })) };
    },
  },
  GetLogGroupFields: {
    permissions: (input, call) => onGroup(call, groupNameOf(input)),
    async run(input, call) {
      const group = groupNameOf(input);
      if (!(await hasGroup(context, call, group))) throw noGroup();
      const { account, region } = call;
      const since = retainedSince((await groupRow(context, call, group))?.document, call.at);
      const at = input.time === undefined ? undefined : input.time * 1000;
      const counts = new Map<string, number>();
      const range = {
        account,
        region,
        groups: [{ group, since }],
        startTime: at === undefined ? call.at - RECENT_MS : at - AROUND_MS,
        endTime: at === undefined ? call.at + 1 : at + AROUND_MS,
      };
      let seen = 0;
      const slice = new Slice();
      for await (const { events } of scanEvents(context.series, range)) {
        for (const { message } of events.slice(0, MAX_EVENTS - seen)) {
          for (const name of discoverFields(message).keys()) counts.set(name, (counts.get(name) ?? 0) + 1);
          seen++;
          if (slice.isOver) await slice.end();
        }
        if (seen >= MAX_EVENTS) break;
      }
      if (seen === 0) return { logGroupFields: [] };
      const found = [...counts].sort(
        ([one, count], [other, otherCount]) => otherCount - count || (one < other ? -1 : 1),
      );
      return {
        logGroupFields: [
          ...SYSTEM_FIELDS.map((name) => ({ name, percent: 100 })),
          ...found.slice(0, MAX_FIELDS).map(([name, count]) => ({ name, percent: Math.floor((100 * count) / seen) })),
        ],
      };
    },
  },
});

/** @throws ApiError InvalidParameter */
function pointed(pointer: string) {
  const found = readPointer(pointer);
  if (!found) throw invalidParameter("The specified log record pointer is invalid.");
  return found;
}
