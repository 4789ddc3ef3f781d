// Saved queries. They are kept as they are given, as on AWS: a query is read when it is started.
import type { Operations as Contract, QueryDefinition } from "../../../../../contract/logs/types.ts";
import { newRequestId, uuidOf } from "../../../core/ids.ts";
import type { Operations } from "../../../core/service.ts";
import { counted } from "../../../store/rows/guarded.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { invalidParameter, limitExceeded, resourceNotFound } from "../errors.ts";
import type { LogsContext } from "../shared/context.ts";
import { scopeOf } from "../shared/groups.ts";
import { pageOf } from "../shared/tokens.ts";

const DEFINITION = "logs:query-definition";
/** CloudWatch Logs quotas: saved queries, per region and account. */
const MAX_DEFINITIONS = 1000;
const DEFAULT_PAGE = 1000;

interface Definition {
  readonly name: string;
  readonly queryString: string;
  readonly logGroupNames?: readonly string[];
}

export const queryDefinition = (context: LogsContext): Operations<Contract> => {
  const all = (call: Parameters<typeof scopeOf>[0]) =>
    context.rows.scan<Definition>({ kind: DEFINITION, scope: scopeOf(call), limit: MAX_DEFINITIONS + 1 });
  const oneMore = (call: Parameters<typeof scopeOf>[0]) =>
    counted(context.rows, {
      among: { kind: DEFINITION, scope: scopeOf(call) },
      most: MAX_DEFINITIONS,
      full: () => limitExceeded("Resource limit exceeded."),
    });
  return {
    PutQueryDefinition: {
      async run(input, call) {
        const { name, queryString, logGroupNames, queryDefinitionId, queryLanguage = "CWLI", clientToken } = input;
        if (queryLanguage !== "CWLI" || (input.parameters ?? []).length > 0) {
          throw invalidParameter(
            "Other query languages and parameters are not yet available in Sagebrush: leave them out.",
          );
        }
        // The same token makes the same definition, however often it is sent.
        const id = queryDefinitionId ?? (clientToken === undefined ? newRequestId() : uuidOf(clientToken));
        const key = { kind: DEFINITION, scope: scopeOf(call), name: id };
        const before = await context.rows.get<Definition>(key);
        if (queryDefinitionId !== undefined && !before) throw noDefinition();
        const document: Definition = { name, queryString, ...(logGroupNames === undefined ? {} : { logGroupNames }) };
        const createdAt = before?.createdAt ?? call.at;
        const by = before ? context.rows : oneMore(call);
        await by.commit({ put: [{ ...key, status: "Active", createdAt, modifiedAt: call.at, document }] });
        return { queryDefinitionId: id };
      },
    },
    DescribeQueryDefinitions: {
      async run(input, call) {
        const { queryDefinitionNamePrefix: prefix = "", maxResults: limit = DEFAULT_PAGE, nextToken: token } = input;
        const wanted = (await all(call))
          .filter((row) => row.document.name.startsWith(prefix))
          .sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1));
        const { page, more } = pageOf(wanted, placeOf, { list: "query definitions", token, limit });
        return { queryDefinitions: page.map(answer), ...more };
      },
    },
    DeleteQueryDefinition: {
      async run({ queryDefinitionId }, call) {
        const key = { kind: DEFINITION, scope: scopeOf(call), name: queryDefinitionId };
        if (!(await context.rows.get(key))) throw noDefinition();
        await context.rows.commit({ remove: [key] });
        return { success: true };
      },
    },
  };
};

const noDefinition = () => resourceNotFound("The specified query definition does not exist.");

const placeOf = ({ name, document }: Row<Definition>): string => `${document.name}\n${name}`;

const answer = ({ name, modifiedAt, document }: Row<Definition>): QueryDefinition => ({
  queryLanguage: "CWLI",
  queryDefinitionId: name,
  name: document.name,
  queryString: document.queryString,
  lastModified: modifiedAt,
  logGroupNames: document.logGroupNames ?? [],
});
