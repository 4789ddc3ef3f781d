// Why an alarm is in its state, in AWS's words, and as data.
// Source: CloudWatch user guide, "Alarm events and EventBridge" (samples); answers recorded by LocalStack.
import type { StateValue } from "../../../../../contract/cloudwatch/types.ts";
import type { MetricSettings } from "../shared/alarms.ts";
import type { Evaluated, Rule, Verdict } from "./evaluate.ts";

/** `2019-10-02T17:04:40.985+0000` */
export const timeText = (at: number): string => new Date(at).toISOString().replace("Z", "+0000");

/** As Java writes a double: `50.0`. */
export const numberText = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

/** `02/10/19 16:59:00` */
function shortTime(at: number): string {
  const [day = "", time = ""] = new Date(at).toISOString().slice(0, 19).split("T");
  const [year = "", month, date] = day.split("-");
  return `${date}/${month}/${year.slice(2)} ${time}`;
}

const comparisons: Readonly<Record<string, string>> = {
  GreaterThanOrEqualToThreshold: "greater than or equal to",
  GreaterThanThreshold: "greater than",
  LessThanThreshold: "less than",
  LessThanOrEqualToThreshold: "less than or equal to",
};

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

export interface Reasoned {
  readonly settings: MetricSettings;
  readonly rule: Rule;
  readonly verdict: Verdict;
  readonly from: StateValue;
  readonly to: StateValue;
}

export function reasonText({ settings, rule, verdict, from, to }: Reasoned): string {
  const { real, filled } = verdict;
  if (to === "INSUFFICIENT_DATA") {
    const count = rule.evaluationPeriods;
    return `Insufficient Data: ${counted(count, "datapoint")} ${count === 1 ? "was" : "were"} unknown.`;
  }
  const isAlarm = to === "ALARM";
  const treated = isAlarm ? "Breaching" : "NonBreaching";
  const missing = `${counted(filled, "missing datapoint")} ${filled === 1 ? "was" : "were"} treated as [${treated}]`;
  // Missing points are told where they decided.
  const breaching = real.filter((point) => point.isBreaching).length;
  const isFilled = isAlarm
    ? rule.treatMissingData === "breaching" && breaching < rule.datapointsToAlarm
    : breaching === real.length;
  if (real.length === 0)
    return `Threshold Crossed: no datapoints were received for ${counted(rule.evaluationPeriods, "period")} and ${missing}.`;
  // An alarm may be OK with breaching points only, by the missing ones.
  const areBreaching = isAlarm || breaching === real.length;
  const told = real.filter(({ isBreaching }) => isBreaching === areBreaching).reverse();
  const list = told.map(({ at, value }) => `${numberText(value ?? 0)} (${shortTime(at)})`).join(", ");
  const isMOfN = settings.DatapointsToAlarm !== undefined;
  const count = isMOfN ? `${told.length} out of the last ${real.length} datapoints` : counted(told.length, "datapoint");
  const comparison = comparisons[settings.ComparisonOperator ?? ""] ?? "";
  const verb = `${told.length === 1 ? "was" : "were"} ${areBreaching ? "" : "not "}${comparison}`;
  const least = isAlarm ? rule.datapointsToAlarm : rule.evaluationPeriods - rule.datapointsToAlarm + 1;
  return (
    `Threshold Crossed: ${count} [${list}] ${verb} the threshold (${numberText(settings.Threshold ?? 0)})` +
    `${isFilled ? ` and ${missing}` : ""}` +
    `${isMOfN ? ` (minimum ${counted(least, "datapoint")} for ${from === "ALARM" ? "ALARM" : "OK"} -> ${to} transition)` : ""}.`
  );
}

/** JSON. `points` are those of the evaluation range, oldest first. */
export function reasonData({ settings, rule, verdict }: Reasoned, points: readonly Evaluated[], now: number): string {
  const { real } = verdict;
  const [first] = real;
  const stat = settings.Statistic ?? settings.ExtendedStatistic;
  const told = real.length > 0 ? [...real].reverse() : points.slice(-rule.evaluationPeriods).reverse();
  return JSON.stringify({
    version: "1.0",
    queryDate: timeText(now),
    ...(first === undefined ? {} : { startDate: timeText(first.at) }),
    ...(settings.Unit === undefined ? {} : { unit: settings.Unit }),
    ...(stat === undefined ? {} : { statistic: stat }),
    period: periodOf(settings),
    recentDatapoints: real.map(({ value }) => value),
    threshold: settings.Threshold,
    evaluatedDatapoints: told.map(({ at, samples, value }) => ({
      timestamp: timeText(at),
      ...(samples === undefined ? {} : { sampleCount: samples }),
      ...(value === undefined ? {} : { value }),
    })),
  });
}

/** In seconds. The metrics of an expression have the same. */
export const periodOf = ({ Period, Metrics }: MetricSettings): number =>
  Period ??
  Metrics?.find(({ MetricStat }) => MetricStat)?.MetricStat?.Period ??
  Metrics?.find((query) => query.Period !== undefined)?.Period ??
  60;
