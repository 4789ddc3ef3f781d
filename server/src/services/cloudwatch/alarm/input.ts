// What is wrong with an alarm that somebody puts, in AWS's words where they are known (answers quoted in issues of
// Terraform's provider, cfn-lint and troposphere).
import type { MetricDataQuery, PutMetricAlarmInput } from "../../../../../contract/cloudwatch/types.ts";
import { errors } from "../../../core/errors.ts";
import { invalidValue } from "../errors.ts";
import { actionsOf } from "../shared/alarms.ts";
import { checkExpressions } from "../shared/measure.ts";
import { dimensionsOf } from "../shared/place.ts";
import { extendedStatisticOf, statisticOf } from "../shared/statistics.ts";
import { isComparison } from "./evaluate.ts";
import { periodOf } from "./reason.ts";

const invalid = errors.validation;

const ofOneMetric = [
  "MetricName",
  "Namespace",
  "Dimensions",
  "Period",
  "Unit",
  "Statistic",
  "ExtendedStatistic",
] as const;
const notBuilt = [
  "ActionConfiguration",
  "EvaluationCriteria",
  "EvaluationInterval",
  "EvaluationWindow",
  "ThresholdMetricId",
  "WarmUpConfiguration",
] as const;

/** CloudWatch API reference, PutMetricAlarm. */
const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3600;
const WEEK_SECONDS = 7 * DAY_SECONDS;
/** "Alarms on math expressions". */
const MOST_METRICS = 10;
const SHORT_PERIODS = [10, 20, 30];

/** @throws ApiError Validation, InvalidParameterValue */
export function checkMetricAlarm(input: PutMetricAlarmInput): void {
  for (const name of notBuilt)
    if (input[name] !== undefined) throw invalid(`${name} is not yet available in Sagebrush: leave it out.`);
  checkRule(input);
  if (input.Metrics) checkMetrics(input, input.Metrics);
  else checkMetric(input);
  checkActions(actionsOf(input));
  const [period, count] = [periodOf(input), input.EvaluationPeriods ?? 1];
  if (period >= HOUR_SECONDS && period * count > WEEK_SECONDS)
    throw invalid("Metrics cannot be checked across more than 7 days (EvaluationPeriods * Period must be <= 604800).");
  if (period < HOUR_SECONDS && period * count > DAY_SECONDS)
    throw invalid("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).");
}

function checkRule(input: PutMetricAlarmInput): void {
  const { EvaluationPeriods, DatapointsToAlarm, ComparisonOperator, Threshold, TreatMissingData } = input;
  if (EvaluationPeriods === undefined) throw invalid("EvaluationPeriods must not be null");
  if (ComparisonOperator === undefined) throw invalid("ComparisonOperator must not be null");
  if (!isComparison(ComparisonOperator))
    throw invalid(
      `ComparisonOperator ${ComparisonOperator} is of anomaly detection, which is not yet available in Sagebrush.`,
    );
  if (Threshold === undefined) throw invalid("Threshold must not be null");
  if (!Number.isFinite(Threshold)) throw invalidValue(`The value ${Threshold} for parameter Threshold is invalid.`);
  if (DatapointsToAlarm !== undefined && DatapointsToAlarm > EvaluationPeriods)
    throw invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods");
  oneOf("TreatMissingData", TreatMissingData, ["breaching", "notBreaching", "ignore", "missing"]);
  oneOf("EvaluateLowSampleCountPercentile", input.EvaluateLowSampleCountPercentile, ["evaluate", "ignore"]);
}

function oneOf(name: string, value: string | undefined, options: readonly string[]): void {
  if (value === undefined || options.includes(value)) return;
  const told = `${options.slice(0, -1).join(", ")} and ${options.at(-1)}`;
  throw invalid(`Option ${value} is not supported. Supported options for parameter ${name} are ${told}.`);
}

function checkMetric(input: PutMetricAlarmInput): void {
  for (const name of ["MetricName", "Namespace", "Period"] as const)
    if (input[name] === undefined) throw invalid(`${name} must not be null`);
  const { Statistic, ExtendedStatistic } = input;
  if (Statistic === undefined && ExtendedStatistic === undefined)
    throw invalid("Must specify either Statistic or ExtendedStatistic");
  if (Statistic !== undefined && ExtendedStatistic !== undefined)
    throw invalid("Statistic and ExtendedStatistic cannot both be set");
  if (ExtendedStatistic !== undefined && !extendedStatisticOf(ExtendedStatistic))
    throw invalidValue(`The value ${ExtendedStatistic} for parameter ExtendedStatistic is not supported.`);
  checkPeriod(input.Period ?? 0);
  dimensionsOf(input.Dimensions, "Dimensions");
}

function checkMetrics(input: PutMetricAlarmInput, queries: readonly MetricDataQuery[]): void {
  for (const name of ofOneMetric) {
    const value = input[name];
    if (value !== undefined && !(Array.isArray(value) && value.length === 0))
      throw invalid(`${name} should not be set if list of Metrics is set.`);
  }
  if (queries.length === 0) throw invalid("Invalid metrics list");
  const metrics = queries.filter(({ MetricStat }) => MetricStat);
  if (metrics.length > MOST_METRICS)
    throw invalid(`An alarm on an expression takes at most ${MOST_METRICS} metrics, got ${metrics.length}.`);
  const ids = new Set<string>();
  for (const { Id, MetricStat, Expression } of queries) {
    if (!/^[a-z]\w*$/.test(Id) || ids.has(Id) || (MetricStat === undefined) === (Expression === undefined))
      throw invalid("Invalid metrics list");
    ids.add(Id);
    if (!MetricStat) continue;
    const { Metric, Period, Stat } = MetricStat;
    if (!Metric.MetricName || !Metric.Namespace) throw invalid("Invalid metrics list");
    if (!statisticOf(Stat)) throw invalid(`The value ${Stat} for parameter Metrics.member.Stat is not supported.`);
    checkPeriod(Period);
    dimensionsOf(Metric.Dimensions, `${Id}.Dimensions`);
  }
  if (new Set(metrics.map(({ MetricStat }) => MetricStat?.Period)).size > 1)
    throw invalid("The metrics of an alarm's expression must all have the same Period.");
  if (queries.filter(({ ReturnData }) => ReturnData !== false).length !== 1)
    throw invalid("Exactly one element of the metrics list should return data.");
  for (const [, { steps }] of checkExpressions(queries))
    if (steps.some((step) => "name" in step && step.name === "SEARCH"))
      throw invalid("SEARCH is not supported on Metric Alarms.");
}

function checkPeriod(period: number): void {
  if (!SHORT_PERIODS.includes(period) && (period <= 0 || period % 60 !== 0))
    throw invalid(`Period must be 10, 20, 30 or a multiple of 60, got ${period}.`);
}

/** Actions on EC2, Auto Scaling, Lambda and Systems Manager are told apart from what is no action at all. */
export function checkActions(arns: readonly string[]): void {
  for (const arn of arns) {
    const [scheme, , service, , , name] = arn.split(":");
    if (scheme !== "arn" || !service || !name) throw invalid(`Invalid arn syntax: ${arn}`);
    if (service !== "sns")
      throw invalid(
        `Actions of ${service} are not yet available in Sagebrush, got ${arn}. An action is the ARN of an SNS topic.`,
      );
  }
}
