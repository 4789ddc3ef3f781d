// CloudWatch Logs: the list of nouns, one line each. A door onto store/series, where jobs write.
import type { Service } from "../../core/service.ts";
import { errorCodes } from "./errors.ts";
import { event } from "./event/operations.ts";
import { group } from "./group/operations.ts";
import { kmsKey } from "./kms-key/operations.ts";
import { metricFilter } from "./metric-filter/operations.ts";
import { query } from "./query/operations.ts";
import { queryRecord } from "./query/record-operations.ts";
import { queryDefinition } from "./query-definition/operations.ts";
import { resourcePolicy } from "./resource-policy/operations.ts";
import { retentionPolicy } from "./retention-policy/operations.ts";
import type { LogsContext } from "./shared/context.ts";
import { stream } from "./stream/operations.ts";
import { tag } from "./tag/operations.ts";

const nouns = {
  event,
  group,
  kmsKey,
  metricFilter,
  query,
  queryDefinition,
  queryRecord,
  resourcePolicy,
  retentionPolicy,
  stream,
  tag,
};

export const createLogs = (context: LogsContext): Service => ({
  name: "logs",
  iamPrefix: "logs",
  operations: Object.assign({}, ...Object.values(nouns).map((noun) => noun(context))),
  errorCodes,
});
