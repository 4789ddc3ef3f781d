// Labels of results: what tells queries apart where nobody gave one, and values in those that were given.
// Source: CloudWatch user guide, "Use dynamic labels"; labels of queries without one were seen in AWS's answers.
import type { MetricDataQuery } from "../../../../../contract/cloudwatch/types.ts";
import { errors } from "../../../core/errors.ts";
import type { TimeSeries } from "./math/values.ts";

/** The metric's name, with its statistic and its period where those of the request differ. */
export function defaultLabels(queries: readonly MetricDataQuery[]): (query: MetricDataQuery) => string {
  const stats = queries.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat] : []));
  const hasStats = new Set(stats.map(({ Stat }) => Stat)).size > 1;
  const hasPeriods = new Set(stats.map(({ Period }) => Period)).size > 1;
  return ({ Id, MetricStat }) => {
    if (!MetricStat) return Id;
    const { Metric, Stat, Period } = MetricStat;
    return [Metric.MetricName ?? Id, ...(hasStats ? [Stat] : []), ...(hasPeriods ? [Period] : [])].join(" ");
  };
}

export interface LabelPlace {
  readonly region: string;
  readonly account: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Of times in labels, `+0130` as minutes. */
  readonly offsetMinutes: number;
}

/** `+0130`, `-0800`. @throws ApiError Validation */
export function offsetOf(timezone: string | undefined): number {
  if (timezone === undefined) return 0;
  const found = /^([+-])(\d{2})([0-5]\d)$/.exec(timezone);
  if (!found || Number(found[2]) > 23)
    throw errors.validation(`LabelOptions.Timezone must be like +0130 or -0800, got ${timezone}.`);
  return (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]));
}

/** Most values of one label. */
const MOST_VALUES = 5;

/** The label with its `${…}` put in; what is not known stays as it is. */
export function withValues(label: string, series: TimeSeries, ownLabel: string, place: LabelPlace): string {
  let found = 0;
  return label.replaceAll(/\$\{([A-Z_]+(?:\('[^']*'\))?)\}/g, (whole, name: string) => {
    if (++found > MOST_VALUES) return whole;
    return name === "LABEL" ? ownLabel : (toldValue(name, series, place) ?? whole);
  });
}

function toldValue(name: string, series: TimeSeries, place: LabelPlace): string | undefined {
  const property = /^PROP\('(.*)'\)$/.exec(name)?.[1];
  if (property !== undefined) return propertyOf(property, series, place);
  const { times, values } = series;
  const known = points[name];
  if (!known) return undefined;
  return times.length === 0 ? "-" : known({ times, values }, place);
}

type Points = Pick<TimeSeries, "times" | "values">;

const number = (value: number): string => String(Number(value.toPrecision(6)));

const time = (at: number, { offsetMinutes }: LabelPlace): string => {
  const text = new Date(at + offsetMinutes * 60_000).toISOString().slice(0, 16).replace("T", " ");
  return offsetMinutes === 0 ? `${text} UTC` : text;
};

/** `1d 2h 3m`, without what is nothing. */
function duration(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`);
  return told.length === 0 ? "0s" : told.join(" ");
}

const extreme =
  (isBetter: (one: number, other: number) => boolean) =>
  ({ values }: Points): number =>
    values.reduce((best, value, index) => (isBetter(value, values[best] as number) ? index : best), 0);
const least = extreme((one, other) => one < other);
const greatest = extreme((one, other) => one > other);
const first = (): number => 0;
const last = ({ values }: Points): number => values.length - 1;

type Pick1 = (points: Points) => number;
type Told = (points: Points, place: LabelPlace) => string;

const value =
  (of: Pick1): Told =>
  (points) =>
    number(points.values[of(points)] as number);
const timeAt =
  (of: Pick1): Told =>
  (points, place) =>
    time(points.times[of(points)] as number, place);
const relative =
  (of: Pick1): Told =>
  (points, place) =>
    duration(place.now - (points.times[of(points)] as number));
const range =
  (from: Pick1, to: Pick1): Told =>
  (points) =>
    number((points.values[to(points)] as number) - (points.values[from(points)] as number));
const timeRange =
  (from: Pick1, to: Pick1): Told =>
  (points) =>
    duration((points.times[to(points)] as number) - (points.times[from(points)] as number));
const total = ({ values }: Points): number => values.reduce((sum, each) => sum + each, 0);

const points: Readonly<Record<string, Told | undefined>> = {
  AVG: (all) => number(total(all) / all.values.length),
  DATAPOINT_COUNT: ({ values }) => String(values.length),
  FIRST: value(first),
  FIRST_LAST_RANGE: range(first, last),
  FIRST_LAST_TIME_RANGE: timeRange(first, last),
  FIRST_TIME: timeAt(first),
  FIRST_TIME_RELATIVE: relative(first),
  LAST: value(last),
  LAST_TIME: timeAt(last),
  LAST_TIME_RELATIVE: relative(last),
  MAX: value(greatest),
  MAX_TIME: timeAt(greatest),
  MAX_TIME_RELATIVE: relative(greatest),
  MIN: value(least),
  MIN_MAX_RANGE: range(least, greatest),
  MIN_MAX_TIME_RANGE: timeRange(least, greatest),
  MIN_TIME: timeAt(least),
  MIN_TIME_RELATIVE: relative(least),
  SUM: (all) => number(total(all)),
};

function propertyOf(
  name: string,
  { metric, periodMs }: TimeSeries,
  { account, region }: LabelPlace,
): string | undefined {
  if (name.startsWith("Dim.")) return metric?.dimensions[name.slice("Dim.".length)];
  const known: Readonly<Record<string, string | undefined>> = {
    AccountId: account,
    AccountLabel: account,
    MetricName: metric?.name,
    Namespace: metric?.namespace,
    Period: String(periodMs / 1000),
    Region: region,
    Stat: metric?.stat,
  };
  return Object.hasOwn(known, name) ? known[name] : undefined;
}
