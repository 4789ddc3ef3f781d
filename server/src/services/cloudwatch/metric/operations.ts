// Metrics: their points are put, their names are listed. The platform's own metrics come through store/series.
// Gap: a metric is listed as long as it is known, also without points for two weeks.
import type { Operations as Contract, MetricDatum } from "../../../../../contract/cloudwatch/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import type { MetricKey, MetricPoint } from "../../../store/series/series.ts";
import { invalidCombination, invalidToken, invalidValue, missingParameter } from "../errors.ts";
import { dimensionList, dimensionsOf, metricKey, type Parts } from "../shared/place.ts";

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
      const { account, region } = call;
      const all = await parts.series.listMetrics({
        account,
        region,
        ...(input.Namespace === undefined ? {} : { namespace: input.Namespace }),
        ...(input.MetricName === undefined ? {} : { name: input.MetricName }),
      });
      const named = all.filter(({ dimensions }) =>
        (input.Dimensions ?? []).every(
          ({ Name, Value }) => Object.hasOwn(dimensions, Name) && (Value === undefined || dimensions[Name] === Value),
        ),
      );
      const isActive = await activity(parts, named, input.RecentlyActive === "PT3H" ? call.at : undefined);
      const sorted = named.filter(isActive).sort((one, other) => (sortKey(one) < sortKey(other) ? -1 : 1));
      const after = input.NextToken === undefined ? undefined : readToken(input.NextToken);
      const rest = after === undefined ? sorted : sorted.filter((key) => sortKey(key) > after);
      const page = rest.slice(0, PAGE);
      const last = page.at(-1);
      return {
        Metrics: page.map(({ namespace, name, dimensions }) => ({
          Namespace: namespace,
          MetricName: name,
          Dimensions: dimensionList(dimensions),
        })),
        ...(last && rest.length > page.length ? { NextToken: writeToken(sortKey(last)) } : {}),
      };
    },
  },
});

const sortKey = ({ namespace, name, dimensions }: MetricKey): string =>
  JSON.stringify([namespace, name, ...Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1))]);

const writeToken = (key: string): string => Buffer.from(key).toString("base64url");

/** @throws ApiError InvalidNextToken */
function readToken(token: string): string {
  const key = Buffer.from(token, "base64url");
  if (key.toString("base64url") !== token || key[0] !== "[".charCodeAt(0)) throw invalidToken();
  return key.toString();
}

/** Whether a metric has points of the last three hours; every metric counts when `now` is absent. */
async function activity(
  { series }: Parts,
  keys: readonly MetricKey[],
  now: number | undefined,
): Promise<(key: MetricKey) => boolean> {
  if (now === undefined) return () => true;
  const active = new Set<MetricKey>();
  for (const key of keys) {
    if ((await series.readMetrics(key, now - RECENT_MS, now + FUTURE_MS)).length > 0) active.add(key);
  }
  return (key) => active.has(key);
}

/** One point for each sample or set. `at` names the datum in errors. @throws ApiError InvalidParameterValue … */
function pointsOf(datum: MetricDatum, call: Call, namespace: string, at: string): MetricPoint[] {
  checkForm(datum, at);
  const { Unit: unit } = datum;
  const timestamp = timeOf(datum, call.at, at);
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
  if (Value !== undefined && Values !== undefined) throw invalidValue(both("Value", "Values"));
  if (Value !== undefined && StatisticValues) throw invalidCombination(both("Value", "StatisticValues"));
  if (Values !== undefined && StatisticValues) throw invalidCombination(both("Values", "StatisticValues"));
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
    return [set];
  }
  return (Values ?? []).map((value, index) => {
    const count = checked(Counts?.[index] ?? 1, "Counts");
    if (count <= 0) throw invalidValue(`The value ${count} for parameter ${at}.Counts is invalid.`);
    checked(value, "Values");
    return count === 1 ? value : { count, sum: value * count, minimum: value, maximum: value };
  });
}
