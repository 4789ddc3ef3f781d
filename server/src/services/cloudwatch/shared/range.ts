// The time range of a request, in whole periods.

/** Periods shorter than a minute that there are (CloudWatch API reference, Period). */
const SHORT_PERIODS = [1, 5, 10, 20, 30];

export const isPeriod = (seconds: number): boolean =>
  SHORT_PERIODS.includes(seconds) || (seconds > 0 && seconds % 60 === 0);

/**
 * Start of the first period: rounded down to a minute, or to the period when that is shorter (CloudWatch API reference,
 * StartTime). Times in milliseconds.
 */
export function rangeStart(startTime: number, periodSeconds: number): number {
  const step = Math.min(periodSeconds, 60) * 1000;
  return Math.floor(startTime / step) * step;
}
