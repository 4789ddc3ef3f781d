// Periods into statistics.
// Source: CloudWatch user guide, "CloudWatch statistics definitions".
import type { Run } from "../../../engine/sample-set.ts";
import type { Period } from "./periods.ts";

/** A statistic of a period; undefined when its samples are not known one by one. */
export type Statistic = (period: Period) => number | undefined;

const basic: Readonly<Record<string, Statistic>> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => (count === 0 ? undefined : sum / count),
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
};

/** By its name, `Average` or `p99.9`; undefined for names that are not known. */
export function statisticOf(name: string): Statistic | undefined {
  return Object.hasOwn(basic, name) ? basic[name] : percentileOf(name);
}

/** `p0` to `p100` with up to ten decimals. */
export function percentileOf(name: string): Statistic | undefined {
  const percent = /^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name)?.[1];
  if (percent === undefined || Number(percent) > 100) return undefined;
  return ({ runs, count }) => runs && percentile(runs, Number(percent), count);
}

/** The smallest value that at least so many percent of all samples do not exceed (nearest rank); even within a run. */
function percentile(runs: readonly Run[], percent: number, count: number): number | undefined {
  // The product first: 7 / 100 * 100 is more than 7.
  const rank = Math.max(1, Math.ceil((percent * count) / 100));
  let before = 0;
  for (const run of runs) {
    const [, , within] = run;
    if (before + within >= rank) return valueIn(run, rank - before);
    before += within;
  }
  return runs.at(-1)?.[1];
}

const valueIn = ([minimum, maximum, count]: Run, rank: number): number =>
  count <= 1 ? maximum : minimum + (maximum - minimum) * ((rank - 1) / (count - 1));
