// Metric filters: numbers of CloudWatch that log lines give, those of callers and those of jobs. Answers as recorded in
// LocalStack's tests/aws/services/logs/test_logs_metric_filters.snapshot.json.
// Gap: a default value is told for a minute in which lines came and none was found; those of the last minute are lost
// when the server is killed.
// Gap: a metric filter is never disabled for making too many different dimensions.
import type {
  Operations as Contract,
  MetricFilter,
  MetricTransformation,
  PutMetricFilterRequest,
} from "../../../../../contract/logs/types.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidOperation, invalidParameter, limitExceeded, noGroup, resourceNotFound } from "../errors.ts";
import type { LogsContext } from "../shared/context.ts";
import { groupRow, hasGroup, onGroup } from "../shared/groups.ts";
import { type FilterRow, orderOf } from "../shared/metrics/filters.ts";
import type { Transformation } from "../shared/metrics/points.ts";
import { type FilterPattern, readPattern } from "../shared/pattern/read.ts";
import { pageOf } from "../shared/tokens.ts";

/** CloudWatch Logs quotas: metric filters per group, and of these with regular expressions. */
const MAX_FILTERS = 100;
const MAX_WITH_EXPRESSIONS = 5;
/** User guide, "Publishing dimensions with metrics from values in JSON or space-delimited log events". */
const MAX_DIMENSIONS = 3;
const DEFAULT_PAGE = 50;

export const metricFilter = (context: LogsContext): Operations<Contract> => ({
  PutMetricFilter: {
    permissions: (input, call) => onGroup(call, input.logGroupName),
    async run(input, call) {
      const { logGroupName, filterName, filterPattern } = input;
      refuseUnbuilt(input);
      const pattern = readPattern(filterPattern);
      const transformation = transformationOf(input, pattern);
      if (!(await hasGroup(context, call, logGroupName))) throw noGroup();
      const logGroupClass = (await groupRow(context, call, logGroupName))?.document.logGroupClass ?? "STANDARD";
      if (logGroupClass !== "STANDARD") {
        throw invalidOperation(`Metric filters are not supported for log groups of the class ${logGroupClass}.`);
      }
      const group = { account: call.account, region: call.region, group: logGroupName };
      const others = context.filters.ofGroup(group).filter(({ document }) => document.filterName !== filterName);
      const withExpressions = context.filters.withExpressions(group, filterName);
      if (others.length >= MAX_FILTERS || (pattern.expressions > 0 && withExpressions >= MAX_WITH_EXPRESSIONS)) {
        throw limitExceeded("Resource limit exceeded.");
      }
      await context.filters.put(call, { group: logGroupName, filterName, filterPattern, transformation }, call.at);
      return {};
    },
  },
  DescribeMetricFilters: {
    permissions: (input, call) => onGroup(call, input.logGroupName ?? ""),
    async run(input, call) {
      const { logGroupName: group, filterNamePrefix = "", metricName, metricNamespace } = input;
      if ((metricName === undefined) !== (metricNamespace === undefined)) {
        throw invalidParameter("metricName and metricNamespace must be given together.");
      }
      if (group !== undefined && !(await hasGroup(context, call, group))) throw noGroup();
      const { account, region } = call;
      const all =
        group === undefined ? context.filters.ofPlace(call) : context.filters.ofGroup({ account, region, group });
      const wanted = all.filter(
        ({ document: { filterName, transformation } }) =>
          filterName.startsWith(filterNamePrefix) &&
          (metricName === undefined || transformation.metricName === metricName) &&
          (metricNamespace === undefined || transformation.metricNamespace === metricNamespace),
      );
      const { limit = DEFAULT_PAGE, nextToken: token } = input;
      const { page, more } = pageOf(wanted, orderOf, { list: "metric filters", token, limit });
      return { metricFilters: page.map(answer), ...more };
    },
  },
  DeleteMetricFilter: {
    permissions: (input, call) => onGroup(call, input.logGroupName),
    async run({ logGroupName: group, filterName }, call) {
      const { account, region } = call;
      if (!(await hasGroup(context, call, group))) throw noGroup();
      const rows = context.filters.ofGroup({ account, region, group });
      if (!rows.some(({ document }) => document.filterName === filterName)) {
        throw resourceNotFound("The specified metric filter does not exist.");
      }
      await context.filters.remove(call, { group, filterName });
      return {};
    },
  },
  TestMetricFilter: {
    async run({ filterPattern, logEventMessages }) {
      const pattern = readPattern(filterPattern);
      const matches = logEventMessages.flatMap((eventMessage, eventNumber) => {
        const match = pattern.read(eventMessage);
        return match ? [{ eventNumber, eventMessage, extractedValues: match.extracted }] : [];
      });
      return { matches };
    },
  },
});

function refuseUnbuilt(input: PutMetricFilterRequest): void {
  const asked = {
    applyOnTransformedLogs: input.applyOnTransformedLogs === true,
    fieldSelectionCriteria: input.fieldSelectionCriteria !== undefined,
    emitSystemFieldDimensions: (input.emitSystemFieldDimensions ?? []).length > 0,
  };
  const found = Object.entries(asked).find(([, isAsked]) => isAsked);
  if (found) throw invalidParameter(`${found[0]} is not yet available in Sagebrush: leave it out.`);
}

/** @throws ApiError InvalidParameter */
function transformationOf(input: PutMetricFilterRequest, pattern: FilterPattern): Transformation {
  const [transformation] = input.metricTransformations;
  if (!transformation) throw invalidParameter("Expected one metric transformation, got none.");
  const { metricValue, defaultValue, dimensions = {} } = transformation;
  const isNumber = metricValue.trim() !== "" && Number.isFinite(Number(metricValue));
  if (!isNumber && !pattern.selects(metricValue)) {
    throw invalidParameter(
      `Invalid metric transformation: expected a number or a field of the filter pattern as metricValue, got ${metricValue}.`,
    );
  }
  const names = Object.keys(dimensions);
  if (names.length > 0 && defaultValue !== undefined) {
    throw invalidParameter(
      "Invalid metric transformation: dimensions and default value are mutually exclusive properties.",
    );
  }
  if (names.length > MAX_DIMENSIONS) {
    throw invalidParameter(
      `Invalid metric transformation: expected at most ${MAX_DIMENSIONS} dimensions, got ${names.length}.`,
    );
  }
  const unreadable = Object.entries(dimensions).find(([, selector]) => !pattern.selects(selector));
  if (unreadable) {
    throw invalidParameter(
      `Invalid metric transformation: expected a field of the filter pattern as dimension ${unreadable[0]}, got ${unreadable[1]}.`,
    );
  }
  return transformation;
}

const answer = ({ createdAt, document }: FilterRow): MetricFilter => ({
  filterName: document.filterName,
  filterPattern: document.filterPattern,
  metricTransformations: [document.transformation as MetricTransformation],
  creationTime: createdAt,
  logGroupName: document.group,
  applyOnTransformedLogs: false,
});
