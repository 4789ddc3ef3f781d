// Periods into statistics: the basic ones, and those of the distribution of samples (percentiles, trimmed means …).
// Source: CloudWatch user guide, "CloudWatch statistics definitions".
import type { Run } from "../../../engine/sample-set.ts";
import { countUpTo, sumOfFirst, valueAt } from "./distribution.ts";
import type { Period } from "./periods.ts";

/** A statistic of a period; undefined when its samples are not known one by one, or none is within the bounds. */
export type Statistic = (period: Period) => number | undefined;

const basic: Readonly<Record<string, Statistic>> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => (count === 0 ? undefined : sum / count),
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
};

/** By its name: `Average`, `p99.9`, `tm90`, `TM(10%:90%)`, `IQM`, `PR(:300)`; undefined for names that are not known. */
export const statisticOf = (name: string): Statistic | undefined =>
  Object.hasOwn(basic, name) ? basic[name] : extendedStatisticOf(name);

/** Those that need the samples one by one. */
export function extendedStatisticOf(name: string): Statistic | undefined {
  const percent = percentOf(name);
  if (percent !== undefined) return distributed((samples) => valueAt(samples.runs, rankOf(percent, samples.count)));
  if (name === "IQM") return trimmed("TM", { low: 25, high: 75, arePercents: true });
  const upTo = /^(tm|wm|tc|ts)(\d{1,3}(?:\.\d{1,10})?)$/.exec(name);
  if (upTo) return trimmed(upTo[1] ?? "", { low: 0, high: Number(upTo[2]), arePercents: true });
  const between = /^(TM|WM|TC|TS|PR)\(([^:()]*):([^:()]*)\)$/.exec(name);
  if (!between) return undefined;
  const bounds = boundsOf(between[2] ?? "", between[3] ?? "");
  return bounds && (between[1] !== "PR" || !bounds.arePercents) ? trimmed(between[1] ?? "", bounds) : undefined;
}

/** The number in `p99.9`: 0 to 100 with up to ten decimals; undefined for other names. */
export function percentOf(name: string): number | undefined {
  const percent = /^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name)?.[1];
  return percent === undefined || Number(percent) > 100 ? undefined : Number(percent);
}

interface Bounds {
  /** Values above it … */
  readonly low: number;
  /** … up to it, this one too. */
  readonly high: number;
  readonly arePercents: boolean;
}

/** `10%` and `90%`, `150` and `1000`; one of them may be empty. */
function boundsOf(low: string, high: string): Bounds | undefined {
  const [from, to] = [boundOf(low), boundOf(high)];
  if (from === undefined || to === undefined || (low === "" && high === "")) return undefined;
  const arePercents = from.isPercent || to.isPercent;
  if (arePercents && ((low !== "" && !from.isPercent) || (high !== "" && !to.isPercent))) return undefined;
  return {
    low: low === "" ? (arePercents ? 0 : Number.NEGATIVE_INFINITY) : from.value,
    high: high === "" ? (arePercents ? 100 : Number.POSITIVE_INFINITY) : to.value,
    arePercents,
  };
}

function boundOf(text: string): { readonly value: number; readonly isPercent: boolean } | undefined {
  const found = /^(\d+(?:\.\d{1,10})?|\.\d{1,10})?(%?)$/.exec(text);
  if (!found || (found[1] === undefined && found[2] === "%")) return undefined;
  return { value: Number(found[1] ?? 0), isPercent: found[2] === "%" };
}

interface Samples {
  readonly runs: readonly Run[];
  readonly count: number;
}

const distributed =
  (of: (samples: Samples) => number | undefined): Statistic =>
  ({ runs, count }) =>
    runs && of({ runs, count });

/** Rank of a percentile, 1 or more. The product first: 7 / 100 * 100 is more than 7. */
const rankOf = (percent: number, count: number): number => Math.max(1, Math.ceil((percent * count) / 100));

function trimmed(name: string, bounds: Bounds): Statistic | undefined {
  if (bounds.arePercents && bounds.high > 100) return undefined;
  return distributed((samples) => {
    const { runs, count } = samples;
    const [before, upTo] = ranksOf(samples, bounds);
    const kept = Math.max(0, upTo - before);
    const sum = kept === 0 ? 0 : sumOfFirst(runs, upTo) - sumOfFirst(runs, before);
    switch (name.toUpperCase()) {
      case "TM":
        return kept === 0 ? undefined : sum / kept;
      case "TC":
        return kept;
      case "TS":
        return sum;
      case "PR":
        return count === 0 ? undefined : (100 * kept) / count;
      default:
        return winsorized(samples, bounds, [before, upTo], sum);
    }
  });
}

/** How many samples lie below the bounds, and how many up to their end. */
function ranksOf(
  { runs, count }: Samples,
  { low, high, arePercents }: Bounds,
): readonly [before: number, upTo: number] {
  if (!arePercents) return [countUpTo(runs, low), countUpTo(runs, high)];
  return [Math.floor((low * count) / 100), high === 0 ? 0 : rankOf(high, count)];
}

/** Samples outside count as if they lay on the bound; of percentages, as the next one within. */
function winsorized(
  { runs, count }: Samples,
  { low, high, arePercents }: Bounds,
  [before, upTo]: readonly [number, number],
  sum: number,
): number | undefined {
  if (count === 0) return undefined;
  if (arePercents && upTo <= before) return valueAt(runs, Math.max(1, upTo));
  const lowest = arePercents ? (valueAt(runs, before + 1) ?? 0) : low;
  const highest = arePercents ? (valueAt(runs, upTo) ?? 0) : high;
  const outside = (before === 0 ? 0 : before * lowest) + (upTo === count ? 0 : (count - upTo) * highest);
  return (outside + sum) / count;
}
