// The functions of metric math, by name.
// Source: CloudWatch user guide, "Using metric math", functions supported for metric math.
import { taking, wrong } from "./arguments.ts";
import { choose } from "./choose.ts";
import type { MathFunction } from "./function.ts";
import { fill, overTime, timeSeries } from "./grid.ts";
import {
  derived,
  InvalidExpression,
  isArray,
  isSeries,
  mapSeries,
  reduceArray,
  type TimeSeries,
  type Value,
} from "./values.ts";

/** @throws InvalidExpression for names of no function, and of one that is not built */
export function mathFunction(name: string): MathFunction {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (found) return found;
  if (notBuilt.has(name)) throw new InvalidExpression(`the function ${name} is not yet available in Sagebrush`);
  throw new InvalidExpression(`there is no function ${name}`);
}

const notBuilt = new Set([
  "ANOMALY_DETECTION_BAND",
  "INSIGHT_RULE_METRIC",
  "SERVICE_QUOTA",
  "DB_PERF_INSIGHTS",
  "LAMBDA",
]);

/** Each series by itself; a number as a series of one. */
const each =
  (name: string, of: (series: TimeSeries) => TimeSeries, onNumber?: (value: number) => number): MathFunction =>
  (args) => {
    const [value] = taking(name, args, 1);
    if (isArray(value)) return value.map(of);
    if (isSeries(value)) return of(value);
    if (typeof value === "number" && onNumber) return onNumber(value);
    throw wrong(name, "time series", value);
  };

const pointwise = (name: string, of: (value: number) => number): MathFunction =>
  each(name, (series) => mapSeries(series, of), of);

/** A series becomes a number, an array one series. */
const reducing =
  (name: string, of: (values: readonly number[], outOf: number) => number): MathFunction =>
  (args) => {
    const [value] = taking(name, args, 1);
    if (isArray(value)) return reduceArray(value, (values) => of(values, value.length));
    if (isSeries(value)) return of(value.values, value.values.length);
    throw wrong(name, "time series", value);
  };

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
const greatest = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
/** Where an array lacks a value it counts as 0. */
const average = (values: readonly number[], outOf: number): number => sum(values) / outOf;

function deviation(values: readonly number[]): number {
  const mean = sum(values) / values.length;
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length);
}

/** From the second point on, by it and the one before. */
const steps = (name: string, of: (rise: number, seconds: number) => number): MathFunction =>
  each(name, (series) => {
    const { times, values } = series;
    const gaps = times.slice(1).map((at, index) => {
      const rise = (values[index + 1] as number) - (values[index] as number);
      return of(rise, (at - (times[index] as number)) / 1000);
    });
    return derived(series, times.slice(1), gaps);
  });

const runningSum = each("RUNNING_SUM", (series) => {
  let total = 0;
  return mapSeries(series, (value) => (total += value));
});

const array = (name: string, value: Value | undefined): readonly TimeSeries[] => {
  if (value !== undefined && isArray(value)) return value;
  throw wrong(name, "an array of time series", value);
};

const number = (name: string, value: Value | undefined): number => {
  if (typeof value === "number") return value;
  throw wrong(name, "a number", value);
};

const metrics: MathFunction = (args, { metrics: all }) => {
  const [filter] = taking("METRICS", args, 0, 1);
  if (filter === undefined) return all.map(({ series }) => series);
  if (typeof filter !== "object" || !("text" in filter)) throw wrong("METRICS", "a text", filter);
  return all.filter(({ id }) => id.includes(filter.text)).map(({ series }) => series);
};

const orders: Readonly<Record<string, (values: readonly number[]) => number>> = {
  AVG: (values) => sum(values) / values.length,
  MIN: least,
  MAX: greatest,
  SUM: sum,
};

const sort: MathFunction = (args) => {
  const [value, by, order, limit] = taking("SORT", args, 3, 4);
  const all = array("SORT", value);
  const of = by !== undefined && typeof by === "object" && "word" in by ? orders[by.word] : undefined;
  if (!of) throw wrong("SORT", "AVG, MIN, MAX or SUM", by);
  const direction = order !== undefined && typeof order === "object" && "word" in order ? order.word : "";
  if (direction !== "ASC" && direction !== "DESC") throw wrong("SORT", "ASC or DESC", order);
  // Series without points come last, whatever the order.
  const keyed = all.map((series) => ({ series, key: series.values.length === 0 ? undefined : of(series.values) }));
  const sign = direction === "ASC" ? 1 : -1;
  keyed.sort((one, other) =>
    one.key === undefined || other.key === undefined
      ? Number(one.key === undefined) - Number(other.key === undefined)
      : sign * (one.key - other.key),
  );
  return keyed.map(({ series }) => series).slice(0, limit === undefined ? undefined : number("SORT", limit));
};

const slice: MathFunction = (args) => {
  const [value, from, to] = taking("SLICE", args, 2, 3);
  return array("SLICE", value).slice(number("SLICE", from), to === undefined ? undefined : number("SLICE", to));
};

const endOf =
  (name: string, index: number): MathFunction =>
  (args) => {
    const found = array(name, taking(name, args, 1)[0]).at(index);
    return found ?? [];
  };

const period: MathFunction = (args) => {
  const [value] = taking("PERIOD", args, 1);
  if (isSeries(value) && value.metric) return value.periodMs / 1000;
  throw wrong("PERIOD", "a metric", value);
};

const search: MathFunction = (args, around) => {
  const [source, stat, seconds] = taking("SEARCH", args, 2, 3);
  if (typeof source !== "object" || !("text" in source)) throw wrong("SEARCH", "a quoted search expression", source);
  if (typeof stat !== "object" || !("text" in stat)) throw wrong("SEARCH", "a quoted statistic", stat);
  const periodMs = seconds === undefined ? around.periodMs : number("SEARCH", seconds) * 1000;
  return around.search(source.text, stat.text, periodMs);
};

const functions: Readonly<Record<string, MathFunction>> = {
  ABS: pointwise("ABS", Math.abs),
  AVG: reducing("AVG", average),
  CEIL: pointwise("CEIL", Math.ceil),
  DATAPOINT_COUNT: reducing("DATAPOINT_COUNT", (values) => values.length),
  DATE: overTime("DATE", (at) => at.getUTCDate()),
  // The week begins on Monday.
  DAY: overTime("DAY", (at) => at.getUTCDay() || 7),
  DIFF: steps("DIFF", (rise) => rise),
  DIFF_TIME: steps("DIFF_TIME", (_, seconds) => seconds),
  EPOCH: overTime("EPOCH", (at) => at.getTime() / 1000),
  FILL: fill,
  FIRST: endOf("FIRST", 0),
  FLOOR: pointwise("FLOOR", Math.floor),
  HOUR: overTime("HOUR", (at) => at.getUTCHours()),
  IF: choose,
  LAST: endOf("LAST", -1),
  LOG: pointwise("LOG", Math.log),
  LOG10: pointwise("LOG10", Math.log10),
  MAX: reducing("MAX", greatest),
  METRICS: metrics,
  METRIC_COUNT: (args) => array("METRIC_COUNT", taking("METRIC_COUNT", args, 1)[0]).length,
  MIN: reducing("MIN", least),
  MINUTE: overTime("MINUTE", (at) => at.getUTCMinutes()),
  MONTH: overTime("MONTH", (at) => at.getUTCMonth() + 1),
  PERIOD: period,
  RATE: steps("RATE", (rise, seconds) => rise / seconds),
  REMOVE_EMPTY: (args) =>
    array("REMOVE_EMPTY", taking("REMOVE_EMPTY", args, 1)[0]).filter(({ times }) => times.length > 0),
  RUNNING_SUM: runningSum,
  SEARCH: search,
  SLICE: slice,
  SORT: sort,
  STDDEV: reducing("STDDEV", deviation),
  SUM: reducing("SUM", sum),
  TIME_SERIES: timeSeries,
  YEAR: overTime("YEAR", (at) => at.getUTCFullYear()),
};
