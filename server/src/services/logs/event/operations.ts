// Log lines: written by callers, read from one stream or found in many. Jobs' lines come through store/series.
// Lines are given by time.
// Gap: a line that is put later with an earlier time than one already read is not seen by whoever follows a stream by its
// tokens.
import { createHash } from "node:crypto";
import type { Operations as Contract } from "../../../../../contract/logs/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import type { LogPlace, LogStreamKey, StoredLogEvent } from "../../../store/series/series.ts";
import { invalidParameter, noGroup, noStream } from "../errors.ts";
import type { LogsContext } from "../shared/context.ts";
import { groupNameOf, groupRow, hasGroup, onGroup, onStream, type Parts, retainedSince } from "../shared/groups.ts";
import { readPattern } from "../shared/pattern/read.ts";
import { BEGINNING, type Found, filterStreams, type Positions, readPositions, writePositions } from "./filter.ts";
import { type Position, readPosition, writePosition } from "./position.ts";
import { judgeBatch } from "./put.ts";

const MAX_EVENTS = 10_000;
/** A page's text (Logs API reference, GetLogEvents). */
const PAGE_BYTES = 1_048_576;

export const event = (parts: LogsContext): Operations<Contract> => ({
  PutLogEvents: {
    permissions: async (input, call) =>
      onStream(call, input.logGroupName, input.logStreamName, await parts.policies.together(call)),
    // A full batch in JSON: every byte may be escaped.
    bodyLimitBytes: 8 * 1_048_576,
    async run(input, call) {
      const key = await streamKey(parts, call, input.logGroupName, input.logStreamName);
      const settings = (await groupRow(parts, call, key.group))?.document;
      const { taken, rejected } = judgeBatch(input.logEvents, call.at, retainedSince(settings, call.at));
      if (taken.length > 0) await parts.series.appendLogs(key, taken, { sync: true });
      return {
        // Old clients send it back; any is taken, as on AWS since January 2023.
        nextSequenceToken: String(call.at).padStart(56, "0"),
        ...(rejected && { rejectedLogEventsInfo: rejected }),
      };
    },
  },
  GetLogEvents: {
    permissions: (input, call) => onStream(call, groupNameOf(input), input.logStreamName),
    async run(input, call) {
      const key = await streamKey(parts, call, groupNameOf(input), input.logStreamName);
      const settings = (await groupRow(parts, call, key.group))?.document;
      const start: Position =
        input.nextToken === undefined
          ? { direction: input.startFromHead === true ? "forward" : "backward" }
          : readPosition(input.nextToken);
      const lines = await readPage(parts, key, start, {
        limit: input.limit ?? MAX_EVENTS,
        startTime: Math.max(input.startTime ?? 0, retainedSince(settings, call.at)),
        endTime: input.endTime,
      });
      const [first, last] = [lines[0], lines.at(-1)];
      const here = start.place ?? (start.direction === "forward" ? START : await endOf(parts, key));
      return {
        events: lines.map(({ timestamp, message, ingestedAt }) => ({ timestamp, message, ingestionTime: ingestedAt })),
        nextForwardToken: writePosition("forward", last ? placeAfter(last) : here),
        nextBackwardToken: writePosition("backward", first ? placeOf(first) : here),
      };
    },
  },
  FilterLogEvents: {
    permissions: (input, call) => onGroup(call, groupNameOf(input)),
    async run(input, call) {
      const name = groupNameOf(input);
      if (!(await hasGroup(parts, call, name))) throw noGroup();
      const settings = (await groupRow(parts, call, name))?.document;
      const group = { account: call.account, region: call.region, group: name };
      const startTime = Math.max(input.startTime ?? 0, retainedSince(settings, call.at));
      const { found, rest } = await filterStreams(parts.series, {
        group,
        from:
          input.nextToken === undefined
            ? await startsOf(parts, group, startTime, input)
            : readPositions(input.nextToken),
        startTime,
        endTime: input.endTime,
        limit: input.limit ?? MAX_EVENTS,
        matches: readPattern(input.filterPattern ?? "").matches,
      });
      return {
        events: found.map(foundAnswer),
        searchedLogStreams: [],
        ...(rest && { nextToken: writePositions(rest) }),
      };
    },
  },
});

/** @throws ApiError ResourceNotFound for the group or the stream */
async function streamKey(parts: Parts, call: Call, group: string, stream: string): Promise<LogStreamKey> {
  const key = { account: call.account, region: call.region, group, stream };
  if (await parts.series.hasLogStream(key)) return key;
  throw (await hasGroup(parts, call, group)) ? noStream() : noGroup();
}

const START: LogPlace = { at: 0, sequence: 0 };
const placeOf = ({ timestamp, sequence }: StoredLogEvent): LogPlace => ({ at: timestamp, sequence });
const placeAfter = ({ timestamp, sequence }: StoredLogEvent): LogPlace => ({ at: timestamp, sequence: sequence + 1 });

/** Lines by time, from the place on or up to it. */
async function readPage(
  parts: Parts,
  key: LogStreamKey,
  { direction, place }: Position,
  range: { readonly limit: number; readonly startTime: number; readonly endTime: number | undefined },
): Promise<readonly StoredLogEvent[]> {
  const backwards = direction === "backward";
  const { endTime, ...rest } = range;
  const walked = await parts.series.readLogsInOrder(key, {
    ...rest,
    limitBytes: PAGE_BYTES,
    ...(endTime === undefined ? {} : { endTime }),
    from: place,
    backwards,
  });
  let bytes = 0;
  const fitting = walked.findIndex(({ message }, index) => {
    bytes += Buffer.byteLength(message);
    return index > 0 && bytes > PAGE_BYTES;
  });
  const page = fitting < 0 ? walked : walked.slice(0, fitting);
  return backwards ? page.toReversed() : page;
}

/** The place behind the newest line. */
async function endOf({ series }: Parts, key: LogStreamKey): Promise<LogPlace> {
  const [newest] = await series.readLogsInOrder(key, { backwards: true, limit: 1 });
  return newest ? placeAfter(newest) : START;
}

/** The streams to look into, each from its beginning. @throws ApiError ResourceNotFound, InvalidParameter */
async function startsOf(
  parts: Parts,
  group: Omit<LogStreamKey, "stream">,
  startTime: number,
  input: {
    readonly logStreamNames?: readonly string[] | undefined;
    readonly logStreamNamePrefix?: string | undefined;
    readonly endTime?: number | undefined;
  },
): Promise<Positions> {
  if (input.logStreamNames !== undefined) {
    if (input.logStreamNamePrefix !== undefined) {
      throw invalidParameter("logStreamNamePrefix and logStreamNames are mutually exclusive parameters.");
    }
    for (const stream of input.logStreamNames) {
      if (!(await parts.series.hasLogStream({ ...group, stream }))) throw noStream();
    }
    return Object.fromEntries(input.logStreamNames.map((stream) => [stream, BEGINNING]));
  }
  const streams = await parts.series.logStreams(group, input.logStreamNamePrefix ?? "");
  const isWithin = (first: number | undefined, last: number | undefined) =>
    first !== undefined && last !== undefined && last >= startTime && (input.endTime ?? last) >= first;
  return Object.fromEntries(
    streams.filter((facts) => isWithin(facts.firstEventAt, facts.lastEventAt)).map(({ stream }) => [stream, BEGINNING]),
  );
}

const foundAnswer = (found: Found) => ({
  logStreamName: found.stream,
  timestamp: found.timestamp,
  message: found.message,
  ingestionTime: found.ingestedAt,
  eventId: eventId(found),
});

/** 56 digits, as AWS's: time, stream, position. The same line has the same id in every answer. */
function eventId({ stream, timestamp, sequence }: Found): string {
  const mark = createHash("sha256").update(stream).digest().readUInt32BE();
  return `${String(timestamp).padStart(15, "0")}${String(mark).padStart(10, "0")}${String(sequence).padStart(31, "0")}`;
}
