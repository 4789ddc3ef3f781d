// The points of an alarm's evaluation range: of its metric, or of the expression that it watches.
import { ApiError } from "../../../core/errors.ts";
import type { MetricAlarmDocument, MetricSettings } from "../shared/alarms.ts";
import { measure } from "../shared/measure.ts";
import { dimensionsOf, metricKey, type Parts, type Place } from "../shared/place.ts";
import { periodsOf } from "../shared/series-of.ts";
import { percentOf, statisticOf } from "../shared/statistics.ts";
import { breaches, type Evaluated, leastSamples, type Rule, rangeOf } from "./evaluate.ts";
import { periodOf } from "./reason.ts";

const MINUTE_SECONDS = 60;

/** Alarms of a minute and more are looked at every minute, the others every ten seconds ("Evaluating an alarm"). */
export const everySeconds = (settings: MetricSettings): number =>
  periodOf(settings) < MINUTE_SECONDS ? 10 : MINUTE_SECONDS;

export const ruleOf = ({ EvaluationPeriods = 1, ...settings }: MetricSettings): Rule => ({
  evaluationPeriods: EvaluationPeriods,
  datapointsToAlarm: settings.DatapointsToAlarm ?? EvaluationPeriods,
  // Missing data of this namespace is always ignored, says the guide.
  treatMissingData: settings.Namespace === "AWS/DynamoDB" ? "ignore" : (settings.TreatMissingData ?? "missing"),
});

interface Known {
  readonly value: number;
  readonly samples?: number;
}

/** The range's periods, oldest first. The last one ends with the last whole minute, or whole short period. */
export async function datapoints(
  parts: Parts,
  place: Place,
  { settings }: MetricAlarmDocument,
  now: number,
): Promise<readonly Evaluated[]> {
  const periodMs = periodOf(settings) * 1000;
  const step = Math.min(periodMs, MINUTE_SECONDS * 1000);
  const count = rangeOf(settings.EvaluationPeriods ?? 1, periodOf(settings));
  const endTime = Math.floor(now / step) * step;
  const startTime = endTime - count * periodMs;
  const known = await (settings.Metrics ? ofExpression : ofMetric)(parts, place, settings, { startTime, endTime });
  const percent = percentOf(settings.ExtendedStatistic ?? "");
  const least =
    percent === undefined || settings.EvaluateLowSampleCountPercentile !== "ignore" ? 0 : leastSamples(percent);
  return Array.from({ length: count }, (_, index): Evaluated => {
    const at = startTime + index * periodMs;
    const found = known.get(at);
    if (!found) return { at };
    const isBreaching = breaches(settings.ComparisonOperator ?? "", found.value, settings.Threshold ?? 0);
    return { at, ...found, isBreaching, ...((found.samples ?? least) < least ? { isUncertain: true } : {}) };
  });
}

interface Span {
  readonly startTime: number;
  readonly endTime: number;
}

async function ofMetric(
  { series }: Parts,
  place: Place,
  settings: MetricSettings,
  { startTime, endTime }: Span,
): Promise<ReadonlyMap<number, Known>> {
  const key = metricKey(place, {
    namespace: settings.Namespace ?? "",
    name: settings.MetricName ?? "",
    dimensions: dimensionsOf(settings.Dimensions, "Dimensions"),
  });
  const asked = { Period: periodOf(settings), Unit: settings.Unit };
  const periods = await periodsOf(series, key, { startTime, endTime }, asked);
  const of = statisticOf(settings.Statistic ?? settings.ExtendedStatistic ?? "");
  const found = new Map<number, Known>();
  for (const period of periods) {
    const value = of?.(period);
    if (value !== undefined) found.set(period.at, { value, samples: period.count });
  }
  return found;
}

/** An expression that cannot be worked out gives no data. */
async function ofExpression(
  parts: Parts,
  place: Place,
  { Metrics = [] }: MetricSettings,
  span: Span,
): Promise<ReadonlyMap<number, Known>> {
  const returned = Metrics.find(({ ReturnData }) => ReturnData !== false);
  const measured = await measure(parts, place, Metrics, span).catch((cause) => {
    if (cause instanceof ApiError) return undefined;
    throw cause;
  });
  const [series] = measured?.get(returned?.Id ?? "")?.series ?? [];
  return new Map(series?.times.map((at, index) => [at, { value: series.values[index] as number }]) ?? []);
}
