// Series of metrics that are found and not named: by SEARCH, and by queries of Metrics Insights.
import { setImmediate } from "node:timers/promises";
import type { KnownMetric, MetricKey } from "../../../store/series/series.ts";
import { selectionOf } from "./math/insights.ts";
import { searchTest } from "./math/search-terms.ts";
import { InvalidExpression, type TimeSeries } from "./math/values.ts";
import { PeriodSums } from "./periods.ts";
import type { Parts, Place } from "./place.ts";
import { isPeriod, rangeStart } from "./range.ts";
import { periodsOf, piecesOf, type Span, seriesOf } from "./series-of.ts";
import { statisticOf } from "./statistics.ts";

/** A graph has at most so many (CloudWatch user guide, "Search expression limits"); AWS drops the rest without a word. */
const MOST_FOUND = 500;
/** Metrics of one query of Metrics Insights ("Metrics Insights quotas"). */
const MOST_SELECTED = 10_000;
/** Metrics without points for so long are not found. */
export const LISTED_MS = 14 * 86_400_000;

interface Wanted extends Span {
  readonly periodMs: number;
  /** Takes so many points into account. @throws InvalidExpression when it is more than a request may cost */
  readonly claim: (points: number) => void;
}

/** What reading a point costs, and looking for a metric's. */
const POINT_STEPS = 5;
const METRIC_STEPS = 100;
/** Metrics looked at before others have their turn: some milliseconds. */
const SLICE = 5000;

/** The first so many that pass. Each that there is counts as a step, whether it passes or not. */
async function chosenOf(
  all: readonly KnownMetric[],
  { most, claim, isFound }: { most: number; claim: Wanted["claim"]; isFound: (metric: KnownMetric) => boolean },
): Promise<readonly KnownMetric[]> {
  claim(all.length);
  const found: KnownMetric[] = [];
  for (const [index, metric] of all.entries()) {
    if (index % SLICE === 0) await setImmediate();
    if (isFound(metric)) found.push(metric);
    if (found.length === most) break;
  }
  return found;
}

/** @throws InvalidExpression */
export async function searched(
  { series, now }: Parts,
  place: Place,
  { source, stat }: { readonly source: string; readonly stat: string },
  wanted: Wanted,
): Promise<readonly TimeSeries[]> {
  if (!statisticOf(stat)) throw new InvalidExpression(`SEARCH knows no statistic ${stat}`);
  if (!isPeriod(wanted.periodMs / 1000))
    throw new InvalidExpression(`SEARCH takes periods of 1, 5, 10, 20, 30 or a multiple of 60 seconds`);
  const isFound = searchTest(source);
  const all = await series.listMetrics({
    account: place.account,
    region: place.region,
    activeSince: now() - LISTED_MS,
  });
  const keys = await chosenOf(all, { most: MOST_FOUND, claim: wanted.claim, isFound });
  const labels = labelsOf(keys);
  const found: TimeSeries[] = [];
  for (const [index, key] of keys.entries()) {
    const periods = await periodsOf(series, key, wanted, { Period: wanted.periodMs / 1000 });
    wanted.claim(METRIC_STEPS + POINT_STEPS * periods.reduce((sum, { count }) => sum + count, 0));
    found.push({ ...seriesOf(key, stat, wanted.periodMs, periods), label: labels[index] ?? key.name });
  }
  return found;
}

/** What tells the metrics apart: values of dimensions, then names. */
function labelsOf(keys: readonly MetricKey[]): readonly string[] {
  const differ = (of: (key: MetricKey) => string | undefined): boolean => new Set(keys.map(of)).size > 1;
  const dimensions = [...new Set(keys.flatMap((key) => Object.keys(key.dimensions)))];
  const telling = dimensions.filter((name) => differ((key) => key.dimensions[name]));
  const [hasNames, hasSpaces] = [differ(({ name }) => name), differ(({ namespace }) => namespace)];
  return keys.map((key) => {
    const values = telling.map((name) => key.dimensions[name]).filter((value) => value !== undefined);
    const parts = [...(hasSpaces ? [key.namespace] : []), ...values, ...(hasNames ? [key.name] : [])];
    return parts.length > 0 ? parts.join(" ") : key.name;
  });
}

/** @throws InvalidExpression */
export async function selected(
  { series, now }: Parts,
  place: Place,
  source: string,
  wanted: Wanted & { readonly label: string },
): Promise<readonly TimeSeries[]> {
  const { stat, name, namespace, schema, isWanted, groupBy, orderBy, limit } = selectionOf(source);
  const { account, region } = place;
  const all = await series.listMetrics({ account, region, namespace, name, activeSince: now() - LISTED_MS });
  const isFound = ({ dimensions }: KnownMetric) =>
    isWanted(dimensions) &&
    (schema === undefined || hasExactly(dimensions, schema)) &&
    groupBy.every((dimension) => Object.hasOwn(dimensions, dimension));
  const keys = await chosenOf(all, { most: MOST_SELECTED, claim: wanted.claim, isFound });
  const groups = Map.groupBy(keys, ({ dimensions }) => groupBy.map((dimension) => dimensions[dimension]).join(" "));
  const found: { readonly series: TimeSeries; readonly rank: number }[] = [];
  for (const [group, members] of groups) {
    const sums = new PeriodSums(rangeStart(wanted.startTime, wanted.periodMs / 1000), wanted.periodMs);
    const total = orderBy && new PeriodSums(0, Number.MAX_SAFE_INTEGER);
    for (const key of members) {
      wanted.claim(METRIC_STEPS);
      for await (const some of piecesOf(series, key, wanted)) {
        wanted.claim(POINT_STEPS * some.length);
        await sums.add(some);
        await total?.add(some);
      }
    }
    const periods = await sums.periods();
    if (periods.length === 0) continue;
    const label = group === "" ? wanted.label : group;
    const [whole] = (await total?.periods()) ?? [];
    const rank = orderBy && whole ? (statisticOf(orderBy.stat)?.(whole) ?? 0) : 0;
    found.push({
      series: {
        ...seriesOf({ account, region, namespace, name, dimensions: {} }, stat, wanted.periodMs, periods),
        label,
      },
      rank: orderBy?.descending ? -rank : rank,
    });
  }
  if (orderBy) found.sort((one, other) => one.rank - other.rank);
  return found.slice(0, limit).map((each) => each.series);
}

const hasExactly = (dimensions: Readonly<Record<string, string>>, names: readonly string[]): boolean =>
  Object.keys(dimensions).length === names.length && names.every((name) => Object.hasOwn(dimensions, name));
