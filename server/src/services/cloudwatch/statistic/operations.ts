// Statistics of metrics by period, for one metric (GetMetricStatistics) or many queries (GetMetricData).
// Gap: expressions know numbers, ids, + - * / ^ and parentheses; functions, METRICS() and SEARCH() are refused by name.
// Gap: of the extended statistics only percentiles are built, by nearest rank; AWS does not tell how it interpolates.
import type {
  Operations as Contract,
  Datapoint,
  MetricDataQuery,
  MetricDataResult,
  StandardUnit,
} from "../../../../../contract/cloudwatch/types.ts";
import { errors } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidCombination, invalidToken, invalidValue } from "../errors.ts";
import { intoPeriods, type Period } from "../shared/periods.ts";
import { dimensionsOf, metricKey, type Parts } from "../shared/place.ts";
import { isPeriod, rangeStart } from "../shared/range.ts";
import { percentileOf, statisticOf } from "../shared/statistics.ts";
import type { Values } from "./evaluate.ts";
import { measure } from "./measure.ts";

/** CloudWatch API reference: points of one GetMetricStatistics, and of one page of GetMetricData. */
const MAX_POINTS = 1440;
const MAX_PAGE_POINTS = 100_800;
const MAX_QUERIES = 500;

export const statistic = (parts: Parts): Operations<Contract> => ({
  GetMetricStatistics: {
    async run(input, call) {
      const [startTime, endTime] = [wholeSeconds(input.StartTime), wholeSeconds(input.EndTime)];
      if (startTime >= endTime) {
        throw invalidValue("The parameter StartTime must be less than the parameter EndTime.");
      }
      checkPeriod(input.Period, invalidValue);
      const asked = Math.ceil((endTime - startTime) / (input.Period * 1000));
      if (asked > MAX_POINTS) {
        throw invalidCombination(
          `You have requested up to ${asked.toLocaleString("en-US")} datapoints, which exceeds the limit of 1,440. ` +
            "You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
        );
      }
      const answer = datapoint(input.Statistics ?? [], input.ExtendedStatistics ?? []);
      const key = metricKey(call, {
        namespace: input.Namespace,
        name: input.MetricName,
        dimensions: dimensionsOf(input.Dimensions, "Dimensions"),
      });
      const origin = rangeStart(startTime, input.Period);
      const points = await parts.series.readMetrics(key, origin, endTime);
      const byUnit = Map.groupBy(points, ({ unit }) => unit ?? "None");
      const wanted = [...byUnit].filter(([unit]) => input.Unit === undefined || unit === input.Unit);
      const Datapoints: Datapoint[] = [];
      for (const [unit, some] of wanted)
        for (const period of await intoPeriods(some, origin, input.Period * 1000))
          Datapoints.push(answer(period, unit));
      return { Label: input.MetricName, Datapoints };
    },
  },
  GetMetricData: {
    async run(input, call) {
      const [startTime, endTime] = [wholeSeconds(input.StartTime), wholeSeconds(input.EndTime)];
      if (startTime === endTime) {
        throw errors.validation("The parameter StartTime must not equal parameter EndTime.");
      }
      if (startTime > endTime) throw errors.validation("The parameter EndTime must be greater than StartTime.");
      const queries = input.MetricDataQueries;
      checkQueries(queries);
      const values = await measure(parts, call, queries, { startTime, endTime });
      const descending = input.ScanBy !== "TimestampAscending";
      const results = queries
        .filter(({ ReturnData }) => ReturnData !== false)
        .map((query) => ({ query, points: pointsOf(values.get(query.Id) ?? new Map(), descending) }));
      return page(results, input.NextToken, input.MaxDatapoints ?? MAX_PAGE_POINTS);
    },
  },
});

const wholeSeconds = (time: number): number => Math.floor(time) * 1000;

function checkPeriod(period: number, fail: (message: string) => Error): void {
  if (!isPeriod(period))
    throw fail(`The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60, got ${period}.`);
}

/** How a period is answered. @throws ApiError InvalidParameterCombination, InvalidParameterValue */
function datapoint(
  statistics: readonly string[],
  extended: readonly string[],
): (period: Period, unit: string) => Datapoint {
  if (statistics.length === 0 && extended.length === 0) {
    throw invalidCombination("Must specify either Statistics or ExtendedStatistics");
  }
  const plain = statistics.map((name) => [name, statisticOf(name)] as const);
  const percentiles = extended.map((name) => {
    const found = percentileOf(name);
    if (!found) throw invalidValue(`The value ${name} for parameter ExtendedStatistics is not supported.`);
    return [name, found] as const;
  });
  return (period, unit) => {
    const known = (list: readonly (readonly [string, ((period: Period) => number | undefined) | undefined])[]) =>
      Object.fromEntries(list.map(([name, of]) => [name, of?.(period)]).filter(([, value]) => value !== undefined));
    return {
      Timestamp: period.at / 1000,
      ...known(plain),
      Unit: unit as StandardUnit,
      ...(percentiles.length === 0 ? {} : { ExtendedStatistics: known(percentiles) }),
    };
  };
}

/** @throws ApiError Validation */
function checkQueries(queries: readonly MetricDataQuery[]): void {
  if (queries.length > MAX_QUERIES) {
    throw errors.validation(`The collection MetricDataQueries must not have a size greater than ${MAX_QUERIES}.`);
  }
  const ids = new Set<string>();
  for (const { Id: id, MetricStat, Expression } of queries) {
    if (!/^[a-z]\w*$/.test(id)) {
      throw errors.validation(
        `The value ${id} for parameter MetricDataQueries.member.Id must begin with a lower-case letter ` +
          "and hold letters, digits and underscores only.",
      );
    }
    if (ids.has(id))
      throw errors.validation(`The value '${id}' for parameter MetricDataQueries.member.Id is not unique.`);
    ids.add(id);
    if ((MetricStat === undefined) === (Expression === undefined)) {
      throw errors.validation(`The query ${id} must have either MetricStat or Expression.`);
    }
    if (MetricStat) checkPeriod(MetricStat.Period, errors.validation);
    if (MetricStat && !statisticOf(MetricStat.Stat)) {
      throw errors.validation(
        `The value ${MetricStat.Stat} for parameter MetricDataQueries.member.Stat is not supported.`,
      );
    }
  }
}

const pointsOf = (values: Values, descending: boolean): (readonly [time: number, value: number])[] =>
  [...values].sort(([one], [other]) => (descending ? other - one : one - other));

interface Result {
  readonly query: MetricDataQuery;
  readonly points: readonly (readonly [time: number, value: number])[];
}

/** The next so many points of all results, one result after another. @throws ApiError InvalidNextToken */
function page(results: readonly Result[], token: string | undefined, limit: number) {
  const from = token === undefined ? 0 : Number(/^\d+$/.exec(Buffer.from(token, "base64url").toString())?.[0]);
  const total = results.reduce((sum, { points }) => sum + points.length, 0);
  if (!Number.isSafeInteger(from) || from < 0 || (from > 0 && from >= total)) throw invalidToken();
  let before = 0;
  const MetricDataResults = results.map(({ query, points }): MetricDataResult => {
    const [start, end] = [from - before, from + limit - before].map((at) => Math.min(Math.max(at, 0), points.length));
    before += points.length;
    const shown = points.slice(start, end);
    return {
      Id: query.Id,
      Label: query.Label ?? query.MetricStat?.Metric.MetricName ?? query.Id,
      Timestamps: shown.map(([time]) => time / 1000),
      Values: shown.map(([, value]) => value),
      StatusCode: end === points.length ? "Complete" : "PartialData",
    };
  });
  const next = from + limit;
  return {
    MetricDataResults,
    ...(next < total ? { NextToken: Buffer.from(String(next)).toString("base64url") } : {}),
    Messages: [],
  };
}
