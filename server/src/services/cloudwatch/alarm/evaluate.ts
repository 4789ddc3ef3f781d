// The state of a metric alarm, from its recent points.
// Source: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data" and the section after it,
// "Avoiding premature transitions to alarm state"; where the two tables and the text differ the tables are followed.
import type { StateValue } from "../../../../../contract/cloudwatch/types.ts";

/** A period of the evaluation range. */
export interface Evaluated {
  /** Its start; milliseconds since 1970. */
  readonly at: number;
  /** Absent where data is missing. */
  readonly value?: number;
  readonly samples?: number;
  readonly isBreaching?: boolean;
  /** A percentile of too few samples, which the alarm ignores. */
  readonly isUncertain?: boolean;
}

export interface Rule {
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  /** `missing`, `ignore`, `breaching` or `notBreaching`. */
  readonly treatMissingData: string;
}

export interface Verdict {
  /** Absent where the alarm stays as it is. */
  readonly state?: StateValue;
  /** The real points that it was reached by, oldest first. */
  readonly real: readonly Evaluated[];
  /** So many missing points were filled in. */
  readonly filled: number;
}

/** So many periods more than those of the alarm are looked at: 5 for 3 in the guide's tables. */
const EXTRA_PERIODS = 2;
/** Short periods reach back a minute, so that points that are kept by the minute are found. */
const LEAST_EXTRA_SECONDS = 60;

/** Periods of the evaluation range. AWS does not tell how it depends on the length of a period, only that it does. */
export const rangeOf = (evaluationPeriods: number, periodSeconds: number): number =>
  evaluationPeriods + Math.max(EXTRA_PERIODS, Math.ceil(LEAST_EXTRA_SECONDS / periodSeconds));

/** `points` are those of the evaluation range, oldest first. */
export function evaluate(points: readonly Evaluated[], rule: Rule): Verdict {
  const present = points.filter(({ value }) => value !== undefined);
  const real = present.slice(-rule.evaluationPeriods);
  const filled = rule.evaluationPeriods - real.length;
  if (real.some(({ isUncertain }) => isUncertain)) return { real, filled };
  const state = stateOf(points, real, rule);
  return { ...(state === undefined ? {} : { state }), real, filled };
}

function stateOf(points: readonly Evaluated[], real: readonly Evaluated[], rule: Rule): StateValue | undefined {
  const { datapointsToAlarm, evaluationPeriods, treatMissingData } = rule;
  const breaching = real.filter(({ isBreaching }) => isBreaching).length;
  const missing = evaluationPeriods - real.length;
  if (breaching >= datapointsToAlarm) return "ALARM";
  if (missing === 0 || treatMissingData === "notBreaching") return "OK";
  if (treatMissingData === "breaching") return breaching + missing >= datapointsToAlarm ? "ALARM" : "OK";
  if (real.length > breaching) return "OK";
  if (treatMissingData === "ignore") return undefined;
  if (real.length === 0) return "INSUFFICIENT_DATA";
  return isOldEnough(points, datapointsToAlarm) ? "ALARM" : undefined;
}

/** All points that there are breach, and one of them so long that later ones cannot undo it. */
function isOldEnough(points: readonly Evaluated[], datapointsToAlarm: number): boolean {
  const oldest = points.findIndex(({ isBreaching }) => isBreaching);
  return oldest >= 0 && points.length - oldest >= datapointsToAlarm;
}

const comparisons: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

export const isComparison = (operator: string): boolean => Object.hasOwn(comparisons, operator);

export const breaches = (operator: string, value: number, threshold: number): boolean =>
  comparisons[operator]?.(value, threshold) ?? false;

/** Fewer samples than so many tell little about a percentile ("Percentile-based CloudWatch alarms and low data samples"). */
export function leastSamples(percent: number): number {
  const share = percent / 100;
  if (share >= 1 || share <= 0) return 0;
  return 10 / (share >= 0.5 ? 1 - share : share);
}
