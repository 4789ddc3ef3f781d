// Logs Insights: queries over log groups. Answers as recorded in LocalStack's
// tests/aws/services/logs/test_logs_queries.snapshot.json; the language after the CloudWatch Logs user guide.
// Gap: fields are found in messages that are JSON objects; the other log types of the user guide are texts here.
// Gap: the commands pattern, anomaly, diff, unnest, join, lookup, filterIndex, unmask and SOURCE are refused by name, and
// so are the languages SQL and PPL.
// Gap: an answer has at most 16 MB; the records of one query take at most 64 MB in memory, of more the last in order are
// left out. count_distinct is exact for 8192 values, percentiles for 20,000.
// Gap: regular expressions are those of RE2 (no look-around, no back-references).
import type { Operations as Contract, QueryInfo, StartQueryRequest } from "../../../../../contract/logs/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import { BadCursor } from "../../../store/rows/rows.ts";
import { badToken, invalidParameter, malformedQuery, resourceNotFound } from "../errors.ts";
import type { LogsContext } from "../shared/context.ts";
import { groupNameOf, hasGroup, onGroup, scopeOf } from "../shared/groups.ts";
import { compilePipeline } from "./evaluate/pipeline.ts";
import { QueryProblem } from "./language/lexer.ts";
import { MAX_ROWS, parseQuery } from "./language/parse.ts";
import { QUERY, type QueryDocument, type QueryRow } from "./model.ts";

/** Rows of an answer to a query that does not say (user guide, `limit`). */
const DEFAULT_ROWS = 1000;
/** Logs API reference, StartQuery. */
const MAX_GROUPS = 50;
const DEFAULT_PAGE = 1000;
const LANGUAGE = "CWLI";

export const query = (context: LogsContext): Operations<Contract> => ({
  StartQuery: {
    permissions: (input, call) => groupsOf(input).flatMap((group) => onGroup(call, group)),
    async run(input, call) {
      const groups = groupsOf(input);
      const { queryString, startTime, endTime, limit = DEFAULT_ROWS } = input;
      if (endTime < startTime) {
        throw invalidParameter(`endTime must not be before startTime, got ${endTime} and ${startTime}.`);
      }
      if (limit > MAX_ROWS) throw invalidParameter(`limit must be at most ${MAX_ROWS}, got ${limit}.`);
      checkQuery(queryString, limit);
      for (const group of groups) if (!(await hasGroup(context, call, group))) throw noSuchGroup(call, group);
      return { queryId: await context.queries.start(call, { queryString, groups, startTime, endTime, limit }) };
    },
  },
  StopQuery: {
    async run({ queryId }, call) {
      if (!(await context.queries.find(call, queryId))) throw noQuery();
      if (!(await context.queries.stop(call, queryId))) {
        throw invalidParameter("The specified query is not running: it has already ended.");
      }
      return { success: true };
    },
  },
  GetQueryResults: {
    async permissions({ queryId }, call) {
      const state = await context.queries.find(call, queryId);
      if (!state) return [{ action: "logs:GetQueryResults", resource: "*" }];
      return state.row.document.groups.flatMap((group) => onGroup(call, group));
    },
    async run({ queryId }, call) {
      const state = await context.queries.find(call, queryId);
      if (!state) throw noQuery();
      const found = await context.queries.found(state);
      return {
        queryLanguage: LANGUAGE,
        results: found,
        statistics: { ...state.statistics, estimatedRecordsSkipped: 0, estimatedBytesSkipped: 0 },
        status: state.status,
      };
    },
  },
  DescribeQueries: {
    async run(input, call) {
      if (input.queryLanguage !== undefined && input.queryLanguage !== LANGUAGE) return { queries: [] };
      const limit = input.maxResults ?? DEFAULT_PAGE;
      const isWanted = ({ row, status }: { readonly row: QueryRow; readonly status: string }) =>
        (input.status === undefined || input.status === status) &&
        (input.logGroupName === undefined || row.document.groups.includes(input.logGroupName));
      const queries: QueryInfo[] = [];
      let after = input.nextToken;
      do {
        const page = await listPage(context, call, after, limit - queries.length);
        for (const row of page.rows) {
          const state = context.queries.now(row);
          if (isWanted(state)) queries.push(answer(row, state));
        }
        after = page.next;
      } while (after !== undefined && queries.length < limit);
      return { queries, ...(after === undefined ? {} : { nextToken: after }) };
    },
  },
});

/** @throws ApiError InvalidParameter for a token of another list */
async function listPage({ rows }: LogsContext, call: Call, after: string | undefined, limit: number) {
  try {
    const scope = scopeOf(call);
    return await rows.list<QueryDocument>({ kind: QUERY, scope, sortBy: "created", descending: true, after, limit });
  } catch (cause) {
    if (cause instanceof BadCursor) throw badToken();
    throw cause;
  }
}

/** @throws ApiError InvalidParameter */
function groupsOf(input: StartQueryRequest): readonly string[] {
  const { logGroupName, logGroupNames, logGroupIdentifiers, queryLanguage = LANGUAGE } = input;
  if (queryLanguage !== LANGUAGE) {
    throw invalidParameter(
      `Queries in ${queryLanguage} are not yet available in Sagebrush: write them in ${LANGUAGE}.`,
    );
  }
  const given = [logGroupName === undefined ? undefined : [logGroupName], logGroupNames, logGroupIdentifiers];
  const [groups, ...others] = given.filter((one) => one !== undefined);
  if (!groups || others.length > 0 || groups.length === 0) {
    throw invalidParameter("Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be given.");
  }
  if (groups.length > MAX_GROUPS)
    throw invalidParameter(`Expected at most ${MAX_GROUPS} log groups, got ${groups.length}.`);
  return [...new Set(groups.map((group) => groupNameOf({ logGroupIdentifier: group })))];
}

/** @throws ApiError MalformedQuery */
function checkQuery(queryString: string, limit: number): void {
  try {
    compilePipeline(parseQuery(queryString), limit);
  } catch (cause) {
    if (!(cause instanceof QueryProblem)) throw cause;
    throw malformedQuery(cause.message, cause.start, cause.end);
  }
}

/** In the words that were recorded from the service. */
const noSuchGroup = ({ account, requestId }: Call, group: string) =>
  resourceNotFound(
    `Log group '${group}' does not exist for account ID '${account}' (Service: AWSLogs; Status Code: 400; ` +
      `Error Code: ResourceNotFoundException; Request ID: ${requestId}; Proxy: null)`,
  );

const noQuery = () => resourceNotFound("The specified query does not exist.");

function answer({ name, createdAt, document }: QueryRow, state: { readonly status: string }): QueryInfo {
  const { groups, startTime, endTime, queryString, durationMs, statistics } = document;
  const source = groups.map((group) => `"${group}"`).join(", ");
  const [first] = groups;
  return {
    queryLanguage: LANGUAGE,
    queryId: name,
    queryString: `SOURCE ${source} START=${startTime}000 END=${endTime}999 | ${queryString}`,
    status: state.status as Required<QueryInfo>["status"],
    createTime: createdAt,
    ...(groups.length === 1 && first !== undefined ? { logGroupName: first } : {}),
    ...(durationMs === undefined ? {} : { queryDuration: durationMs }),
    ...(statistics === undefined ? {} : { bytesScanned: statistics.bytesScanned }),
  };
}
