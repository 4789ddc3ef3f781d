// Metrics: their points are put, their names are listed. The platform's own metrics come through store/series.
// Gap: Values beside StatisticValues are both counted; AWS takes them and does not tell what it makes of them.
// Gap: metrics of AWS's own namespaces (AWS/…) cannot be put, those that the platform writes can be read.
import type { Operations as Contract, DimensionFilter, MetricDatum } from "../../../../../contract/cloudwatch/types.ts";
import type { Call } from "../../../core/call.ts";
import { cutPage } from "../../../core/pages.ts";
import type { Operations } from "../../../core/service.ts";
import type { KnownMetric, MetricPoint } from "../../../store/series/series.ts";
import { invalidCombination, invalidToken, invalidValue, missingParameter } from "../errors.ts";
import { dimensionList, dimensionsOf, metricKey, type Parts } from "../shared/place.ts";
import { LISTED_MS } from "../shared/search.ts";
import { readToken } from "../shared/tokens.ts";

/** CloudWatch user guide, "CloudWatch service quotas". */
const MAX_METRICS = 1000;
const MAX_VALUES = 150;
const MAX_MAGNITUDE = 2 ** 360;
const PAGE = 500;
const MS_PER_HOUR = 3_600_000;
const FUTURE_MS = 2 * MS_PER_HOUR;
const PAST_MS = 14 * 24 * MS_PER_HOUR;
const RECENT_MS = 3 * MS_PER_HOUR;

export const metric = (parts: Parts): Operations<Contract> => ({
  PutMetricData: {
    permissions: (input) => [
      { action: "cloudwatch:PutMetricData", resource: "*", conditions: { "cloudwatch:namespace": input.Namespace } },
    ],
    async run(input, call) {
      if (input.EntityMetricData !== undefined) {
        throw invalidValue("EntityMetricData is not yet available in Sagebrush: leave it out.");
      }
      if (input.Namespace.startsWith("AWS/")) {
        throw invalidValue(`The value ${input.Namespace} for parameter Namespace is invalid.`);
      }
      const data = input.MetricData ?? [];
      if (data.length === 0) throw missingParameter("The parameter MetricData is required.");
      if (data.length > MAX_METRICS) {
        throw invalidValue(`The collection MetricData must not have a size greater than ${MAX_METRICS}.`);
      }
      const points = data.flatMap((datum, at) => pointsOf(datum, call, input.Namespace, `MetricData.member.${at + 1}`));
      await parts.series.putMetrics(points, { sync: true });
      return {};
    },
  },
  ListMetrics: {
    async run(input, call) {
      const after = readToken(input.NextToken);
      // The order of a metric is a list.
      if (after?.startsWith("[") === false) throw invalidToken();
      const known = await parts.series.listMetrics({
        account: call.account,
        region: call.region,
        namespace: input.Namespace,
        name: input.MetricName,
        activeSince: call.at - (input.RecentlyActive === "PT3H" ? RECENT_MS : LISTED_MS),
      });
      const isWanted = hasDimensions(input.Dimensions ?? []);
      const found: KnownMetric[] = [];
      for (let at = after === undefined ? 0 : firstAfter(known, after); at < known.length; at++) {
        const metric = known[at] as KnownMetric;
        if (isWanted(metric)) found.push(metric);
        if (found.length > PAGE) break;
      }
      const { items, next } = cutPage(found, ({ order }) => order, PAGE);
      return {
        Metrics: items.map(({ namespace, name, dimensions }) => ({
          Namespace: namespace,
          MetricName: name,
          Dimensions: dimensionList(dimensions),
        })),
        ...(next === undefined ? {} : { NextToken: next }),
        ...(input.IncludeLinkedAccounts ? { OwningAccounts: items.map(() => call.account) } : {}),
      };
    },
  },
});

const hasDimensions =
  (filters: readonly DimensionFilter[]) =>
  ({ dimensions }: KnownMetric): boolean =>
    filters.every(
      ({ Name, Value }) => Object.hasOwn(dimensions, Name) && (Value === undefined || dimensions[Name] === Value),
    );

/** Where the metrics behind this one begin. */
function firstAfter(known: readonly KnownMetric[], order: string): number {
  let [low, high] = [0, known.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((known[middle] as KnownMetric).order <= order) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One point for each sample or set. `at` names the datum in errors. @throws ApiError InvalidParameterValue … */
function pointsOf(datum: MetricDatum, call: Call, namespace: string, at: string): MetricPoint[] {
  checkForm(datum, at);
  const { Unit: unit } = datum;
  // Metrics of standard resolution are kept by the minute, the others by the second.
  const step = datum.StorageResolution === 1 ? 1000 : 60_000;
  const timestamp = Math.floor(timeOf(datum, call.at, at) / step) * step;
  const key = metricKey(call, {
    namespace,
    name: datum.MetricName,
    dimensions: dimensionsOf(datum.Dimensions, `${at}.Dimensions`),
  });
  return valuesOf(datum, at).map((value) => ({ ...key, timestamp, value, ...(unit === undefined ? {} : { unit }) }));
}

function checkForm({ Value, Values, Counts, StatisticValues, StorageResolution }: MetricDatum, at: string): void {
  const both = (one: string, other: string) =>
    `The parameters ${at}.${one} and ${at}.${other} are mutually exclusive and you have specified both.`;
  if (Value !== undefined && Values !== undefined) throw invalidCombination(both("Value", "Values"));
  if (Value !== undefined && StatisticValues) throw invalidCombination(both("Value", "StatisticValues"));
  if (Value === undefined && Values === undefined && !StatisticValues) {
    throw missingParameter(
      `At least one of the parameters ${at}.Value, ${at}.Values and ${at}.StatisticValues must be specified.`,
    );
  }
  if (Values && Counts && Values.length !== Counts.length) {
    throw invalidValue(`The parameters ${at}.Values and ${at}.Counts must be of the same size.`);
  }
  if (Values && Values.length > MAX_VALUES) {
    throw invalidValue(`The collection ${at}.Values must not have a size greater than ${MAX_VALUES}.`);
  }
  if (StorageResolution !== undefined && StorageResolution !== 1 && StorageResolution !== 60) {
    throw invalidValue(`The parameter ${at}.StorageResolution must be 1 or 60, got ${StorageResolution}.`);
  }
}

function timeOf({ Timestamp }: MetricDatum, now: number, at: string): number {
  if (Timestamp === undefined) return now;
  const timestamp = Math.round(Timestamp * 1000);
  if (timestamp > now + FUTURE_MS) {
    throw invalidValue(`The parameter ${at}.Timestamp must specify a time no more than two hours in the future.`);
  }
  if (timestamp < now - PAST_MS) {
    throw invalidValue(`The parameter ${at}.Timestamp must specify a time no more than two weeks in the past.`);
  }
  return timestamp;
}

function valuesOf({ Value, Values, Counts, StatisticValues }: MetricDatum, at: string): MetricPoint["value"][] {
  const checked = (value: number, name: string): number => {
    if (Number.isFinite(value) && Math.abs(value) <= MAX_MAGNITUDE) return value;
    throw invalidValue(`The value ${value} for parameter ${at}.${name} is invalid.`);
  };
  if (Value !== undefined) return [checked(Value, "Value")];
  const sets: MetricPoint["value"][] = [];
  if (StatisticValues) {
    const { SampleCount, Sum, Minimum, Maximum } = StatisticValues;
    const set = {
      count: checked(SampleCount, "StatisticValues.SampleCount"),
      sum: checked(Sum, "StatisticValues.Sum"),
      minimum: checked(Minimum, "StatisticValues.Minimum"),
      maximum: checked(Maximum, "StatisticValues.Maximum"),
    };
    if (set.count <= 0)
      throw invalidValue(`The value ${set.count} for parameter ${at}.StatisticValues.SampleCount is invalid.`);
    if (set.minimum > set.maximum) {
      throw invalidValue(`The parameter ${at}.StatisticValues.Minimum must not be greater than Maximum.`);
    }
    sets.push(set);
  }
  const values = (Values ?? []).map((value, index) => {
    const count = checked(Counts?.[index] ?? 1, "Counts");
    if (count <= 0) throw invalidValue(`The value ${count} for parameter ${at}.Counts is invalid.`);
    checked(value, "Values");
    return count === 1 ? value : { count, sum: value * count, minimum: value, maximum: value };
  });
  return [...sets, ...values];
}
