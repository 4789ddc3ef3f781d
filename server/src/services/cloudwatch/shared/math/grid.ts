// Functions whose answer has a value in every period of the range: dates, FILL, TIME_SERIES.
// Source: CloudWatch user guide, "Using metric math", functions supported for metric math.
import { taking, wrong } from "./arguments.ts";
import type { MathFunction, Surroundings } from "./function.ts";
import { derived, isArray, isSeries, type TimeSeries, type Value } from "./values.ts";

/** Starts of all periods of the range. @throws InvalidExpression when they are too many */
function gridOf(periodMs: number, { startTime, endTime, originOf, claim }: Surroundings): readonly number[] {
  const step = Math.max(1, periodMs);
  const origin = periodMs === 0 ? startTime : originOf(periodMs);
  const count = Math.max(0, Math.ceil((endTime - origin) / step));
  claim(count);
  return Array.from({ length: count }, (_, index) => origin + index * step);
}

/** By the time of each period, UTC. */
export const overTime =
  (name: string, of: (at: Date) => number): MathFunction =>
  (args, around) => {
    const [value] = taking(name, args, 1);
    if (!isSeries(value)) throw wrong(name, "a time series", value);
    const times = gridOf(value.periodMs, around);
    return derived(
      value,
      times,
      times.map((at) => of(new Date(at))),
    );
  };

export const timeSeries: MathFunction = (args, around) => {
  const [value] = taking("TIME_SERIES", args, 1);
  if (typeof value !== "number") throw wrong("TIME_SERIES", "a number", value);
  const times = Number.isFinite(value) ? gridOf(around.periodMs, around) : [];
  return { times, values: times.map(() => value), label: "", periodMs: around.periodMs };
};

export const fill: MathFunction = (args, around) => {
  const [value, filler] = taking("FILL", args, 2);
  const one = (series: TimeSeries): TimeSeries => filled(series, filler as Value, around);
  if (isArray(value)) return value.map(one);
  if (isSeries(value)) return one(value);
  throw wrong("FILL", "time series", value);
};

function filled(series: TimeSeries, filler: Value, around: Surroundings): TimeSeries {
  const known = new Map(series.times.map((at, index) => [at, series.values[index] as number]));
  const times = [...new Set([...gridOf(series.periodMs, around), ...series.times])].sort((a, b) => a - b);
  const missing = fillerOf(series, filler);
  const found: number[] = [];
  const kept = times.filter((at) => {
    const value = known.get(at) ?? missing(at);
    if (value === undefined || !Number.isFinite(value)) return false;
    found.push(value);
    return true;
  });
  return derived(series, kept, found);
}

/** What stands where the series has nothing; asked in order of time. */
function fillerOf(series: TimeSeries, filler: Value): (at: number) => number | undefined {
  if (typeof filler === "number") return () => filler;
  if (isSeries(filler)) {
    const values = new Map(filler.times.map((at, index) => [at, filler.values[index] as number]));
    return (at) => values.get(at);
  }
  const word = typeof filler === "object" && "word" in filler ? filler.word : "";
  if (word !== "REPEAT" && word !== "LINEAR")
    throw wrong("FILL", "a number, a time series, REPEAT or LINEAR as its second argument", filler);
  const { times, values } = series;
  let next = 0;
  return (at) => {
    while (next < times.length && (times[next] as number) < at) next++;
    const [before, after] = [values[next - 1], values[next]];
    if (word === "REPEAT" || before === undefined || after === undefined) return word === "REPEAT" ? before : undefined;
    const [from, to] = [times[next - 1] as number, times[next] as number];
    return before + ((after - before) * (at - from)) / (to - from);
  };
}
