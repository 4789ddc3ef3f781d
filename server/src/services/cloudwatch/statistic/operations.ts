// Statistics of metrics by period, for one metric (GetMetricStatistics) or many queries (GetMetricData).
// Gap: percentiles are taken by nearest rank; AWS does not tell how it interpolates. They are given for negative values too.
// Gap: points keep their resolution for fifteen months; AWS sums them up to 1, 5 and 60 minutes as they grow older.
// Gap: STDDEV divides by the number of points. LAMBDA, SERVICE_QUOTA, ANOMALY_DETECTION_BAND and INSIGHT_RULE_METRIC are refused by name.
import type {
  Operations as Contract,
  Datapoint,
  MessageData,
  MetricDataQuery,
  MetricDataResult,
  StandardUnit,
} from "../../../../../contract/cloudwatch/types.ts";
import { errors } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidCombination, invalidToken, invalidValue } from "../errors.ts";
import { defaultLabels, type LabelPlace, offsetOf, withValues } from "../shared/label.ts";
import type { TimeSeries } from "../shared/math/values.ts";
import { type Measured, measure } from "../shared/measure.ts";
import type { Period } from "../shared/periods.ts";
import { dimensionsOf, metricKey, type Parts } from "../shared/place.ts";
import { isPeriod } from "../shared/range.ts";
import { periodsByUnit } from "../shared/series-of.ts";
import { extendedStatisticOf, statisticOf } from "../shared/statistics.ts";

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
          `You have requested up to ${asked} datapoints, which exceeds the limit of ${MAX_POINTS}. ` +
            "You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
        );
      }
      const answer = datapoint(input.Statistics ?? [], input.ExtendedStatistics ?? []);
      const key = metricKey(call, {
        namespace: input.Namespace,
        name: input.MetricName,
        dimensions: dimensionsOf(input.Dimensions, "Dimensions"),
      });
      const found = await periodsByUnit(parts.series, key, { startTime, endTime }, [input.Period]);
      const Datapoints: Datapoint[] = [];
      for (const [unit, periods] of found.get(input.Period) ?? [])
        if (input.Unit === undefined || unit === input.Unit)
          for (const period of periods) Datapoints.push(answer(period, unit));
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
      checkQueries(queries, call.account);
      const place = {
        account: call.account,
        region: call.region,
        now: call.at,
        offsetMinutes: offsetOf(input.LabelOptions?.Timezone),
      };
      const measured = await measure(parts, call, queries, { startTime, endTime });
      const labelOf = defaultLabels(queries);
      const results = queries
        .filter(({ ReturnData }) => ReturnData !== false)
        .flatMap((query) => {
          const { series, messages, isMany } = measured.get(query.Id) ?? NOTHING;
          const labels = { own: labelOf(query), isMany };
          return series.map((one) => ({
            id: query.Id,
            label: labelFor(query, one, labels, place),
            series: one,
            messages,
          }));
        });
      const isDescending = input.ScanBy !== "TimestampAscending";
      return page(results, { isDescending, token: input.NextToken, limit: input.MaxDatapoints ?? MAX_PAGE_POINTS });
    },
  },
});

const NOTHING: Measured = { series: [], messages: [], isMany: false };

/** Series of an array are named each after its own, behind the label that the expression was given. */
function labelFor(
  { Label }: MetricDataQuery,
  series: TimeSeries,
  { own: queryLabel, isMany }: { readonly own: string; readonly isMany: boolean },
  place: LabelPlace,
): string {
  const own = isMany ? series.label || queryLabel : queryLabel;
  if (Label === undefined) return own;
  if (Label.includes("${")) return withValues(Label, series, own, place);
  return isMany ? `${Label} ${own}`.trim() : Label;
}

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
    const found = extendedStatisticOf(name);
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
function checkQueries(queries: readonly MetricDataQuery[], account: string): void {
  if (queries.length > MAX_QUERIES) {
    throw errors.validation(`The collection MetricDataQueries must not have a size greater than ${MAX_QUERIES}.`);
  }
  const ids = new Set<string>();
  for (const [index, { Id: id, MetricStat, Expression, AccountId }] of queries.entries()) {
    if (!/^[a-z]\w*$/.test(id)) {
      throw errors.validation(
        `The value ${id} for parameter MetricDataQueries.member.Id must begin with a lower-case letter ` +
          "and hold letters, digits and underscores only.",
      );
    }
    if (ids.has(id))
      throw errors.validation(`The value '${id}' for parameter MetricDataQueries.member.Id is not unique.`);
    ids.add(id);
    const at = `MetricDataQueries.member.${index + 1}`;
    if (AccountId !== undefined && AccountId !== account)
      throw errors.validation(
        `The parameter ${at}.AccountId must be ${account}: other accounts' metrics are not shared.`,
      );
    if (!MetricStat && Expression === undefined)
      throw errors.validation(`The parameter ${at}.MetricStat is required.\n`);
    if (MetricStat && Expression !== undefined)
      throw errors.validation(
        `The parameters ${at}.Expression and ${at}.MetricStat are mutually exclusive and you have specified both.`,
      );
    if (MetricStat) checkPeriod(MetricStat.Period, errors.validation);
    if (MetricStat && !statisticOf(MetricStat.Stat)) {
      throw errors.validation(
        `The value ${MetricStat.Stat} for parameter MetricDataQueries.member.Stat is not supported.`,
      );
    }
  }
}

interface Result {
  readonly id: string;
  readonly label: string;
  readonly series: TimeSeries;
  readonly messages: readonly MessageData[];
}

interface Paging {
  readonly isDescending: boolean;
  readonly token: string | undefined;
  readonly limit: number;
}

/** The next so many points of all results, one result after another. @throws ApiError InvalidNextToken */
function page(results: readonly Result[], { isDescending, token, limit }: Paging) {
  const from = token === undefined ? 0 : Number(/^\d+$/.exec(Buffer.from(token, "base64url").toString())?.[0]);
  const total = results.reduce((sum, { series }) => sum + series.times.length, 0);
  if (!Number.isSafeInteger(from) || from < 0 || (from > 0 && from >= total)) throw invalidToken();
  let before = 0;
  const MetricDataResults = results.map(({ id, label, series, messages }): MetricDataResult => {
    const { length } = series.times;
    const [start = 0, end = 0] = [from - before, from + limit - before].map((at) => Math.min(Math.max(at, 0), length));
    before += length;
    const shown = (all: readonly number[]): number[] =>
      isDescending ? all.slice(length - end, length - start).reverse() : all.slice(start, end);
    return {
      Id: id,
      Label: label,
      Timestamps: shown(series.times).map((at) => at / 1000),
      Values: shown(series.values),
      StatusCode: end === length ? "Complete" : "PartialData",
      ...(messages.length === 0 ? {} : { Messages: messages }),
    };
  });
  const next = from + limit;
  return {
    MetricDataResults,
    ...(next < total ? { NextToken: Buffer.from(String(next)).toString("base64url") } : {}),
    Messages: [],
  };
}
