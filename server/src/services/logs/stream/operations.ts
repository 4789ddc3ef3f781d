// Log streams.
// Gap: the first list of a group after a start of the server looks at all of its streams once.
import type { Operations as Contract, LogStream } from "../../../../../contract/logs/types.ts";
import type { Operations } from "../../../core/service.ts";
import type { LogStreamFacts } from "../../../store/series/series.ts";
import { invalidParameter, noGroup, noStream, resourceExists } from "../errors.ts";
import type { LogsContext } from "../shared/context.ts";
import { groupNameOf, hasGroup, onGroup, onStream, type Place, streamArn } from "../shared/groups.ts";
import { readToken, writeToken } from "../shared/tokens.ts";

const DEFAULT_PAGE = 50;

/** Where a page ended: the stream's last event and name. */
type Last = readonly [number, string];

const isLast = (value: unknown): value is Last =>
  Array.isArray(value) && typeof value[0] === "number" && typeof value[1] === "string";

export const stream = (parts: LogsContext): Operations<Contract> => ({
  CreateLogStream: {
    permissions: async (input, call) =>
      onStream(call, input.logGroupName, input.logStreamName, await parts.policies.together(call)),
    async run({ logGroupName: group, logStreamName: stream }, call) {
      const { account, region } = call;
      if (!(await hasGroup(parts, call, group))) throw noGroup();
      const key = { account, region, group, stream };
      if (await parts.series.hasLogStream(key)) throw resourceExists("The specified log stream already exists");
      await parts.series.createLogStream(key);
      return {};
    },
  },
  DeleteLogStream: {
    permissions: (input, call) => onStream(call, input.logGroupName, input.logStreamName),
    async run({ logGroupName: group, logStreamName: stream }, call) {
      const { account, region } = call;
      if (!(await hasGroup(parts, call, group))) throw noGroup();
      const key = { account, region, group, stream };
      if (!(await parts.series.hasLogStream(key))) throw noStream();
      await parts.series.deleteLogStream(key);
      return {};
    },
  },
  DescribeLogStreams: {
    permissions: (input, call) => onGroup(call, groupNameOf(input)),
    async run(input, call) {
      const group = groupNameOf(input);
      const byTime = input.orderBy === "LastEventTime";
      if (byTime && input.logStreamNamePrefix !== undefined) {
        throw invalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
      }
      if (!(await hasGroup(parts, call, group))) throw noGroup();
      const { account, region } = call;
      const limit = input.limit ?? DEFAULT_PAGE;
      const descending = input.descending === true;
      const list = `streams ${byTime ? "time" : "name"} ${descending ? "down" : "up"} ${group}`;
      const last = readToken(list, input.nextToken, isLast);
      const found = await parts.series.logStreams({ account, region, group }, input.logStreamNamePrefix ?? "", {
        limit: limit + 1,
        byLastEvent: byTime,
        descending,
        after: last && { lastEventAt: last[0], stream: last[1] },
      });
      const page = found.slice(0, limit);
      const end = page.at(-1);
      return {
        logStreams: page.map((facts) => answer(call, group, facts)),
        ...(end && found.length > limit ? { nextToken: writeToken(list, [end.lastEventAt ?? 0, end.stream]) } : {}),
      };
    },
  },
});

const answer = (place: Place, group: string, facts: LogStreamFacts): LogStream => ({
  logStreamName: facts.stream,
  creationTime: facts.createdAt,
  ...(facts.firstEventAt === undefined ? {} : { firstEventTimestamp: facts.firstEventAt }),
  ...(facts.lastEventAt === undefined ? {} : { lastEventTimestamp: facts.lastEventAt }),
  ...(facts.lastIngestionAt === undefined ? {} : { lastIngestionTime: facts.lastIngestionAt }),
  arn: streamArn(place, group, facts.stream),
  // AWS has told 0 for every stream since June 2019.
  storedBytes: 0,
});
