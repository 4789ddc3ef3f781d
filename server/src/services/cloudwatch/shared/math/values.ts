// What an expression is made of: numbers, time series and arrays of time series, and how series are joined by time.
// Source: CloudWatch user guide, "Using metric math".

/** The message says what was expected and what came. */
export class InvalidExpression extends Error {
  override readonly name = "InvalidExpression";
}

/** Points in order of time; milliseconds since 1970. */
export interface TimeSeries {
  readonly times: readonly number[];
  readonly values: readonly number[];
  /** What `${LABEL}` stands for. */
  readonly label: string;
  readonly periodMs: number;
  /** Where a series is one of a metric and not of an expression: what `${PROP('…')}` and PERIOD read. */
  readonly metric?: MetricFacts;
}

export interface MetricFacts {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly stat: string;
}

/** A word that a function takes: AVG, DESC, REPEAT. */
export interface Word {
  readonly word: string;
}

/** A quoted text that a function takes. */
export interface Text {
  readonly text: string;
}

export type Value = number | TimeSeries | readonly TimeSeries[] | Word | Text;

export const isSeries = (value: Value): value is TimeSeries => typeof value === "object" && "times" in value;
export const isArray = (value: Value): value is readonly TimeSeries[] => Array.isArray(value);

/** As messages call it. */
export function kindOf(value: Value): string {
  if (typeof value === "number") return "a number";
  if (isSeries(value)) return "a time series";
  if (isArray(value)) return "an array of time series";
  return "word" in value ? `the word ${value.word}` : "a text";
}

/** Points that are no finite numbers are dropped: of a division by zero, a logarithm of nothing. */
export function mapSeries(series: TimeSeries, of: (value: number, at: number) => number | undefined): TimeSeries {
  const times: number[] = [];
  const values: number[] = [];
  for (const [index, at] of series.times.entries()) {
    const value = of(series.values[index] as number, at);
    if (value === undefined || !Number.isFinite(value)) continue;
    times.push(at);
    values.push(value);
  }
  return derived(series, times, values);
}

/** No longer the series of a metric. */
export const derived = (
  { label, periodMs }: TimeSeries,
  times: readonly number[],
  values: readonly number[],
): TimeSeries => ({
  times,
  values,
  label,
  periodMs,
});

/** At every time that one of them has; a value that the other lacks there counts as 0. */
export function joinSeries(one: TimeSeries, other: TimeSeries, of: (one: number, other: number) => number): TimeSeries {
  const times: number[] = [];
  const values: number[] = [];
  for (let [left, right] = [0, 0]; left < one.times.length || right < other.times.length; ) {
    const [first, second] = [
      one.times[left] ?? Number.POSITIVE_INFINITY,
      other.times[right] ?? Number.POSITIVE_INFINITY,
    ];
    const at = Math.min(first, second);
    const value = of(first === at ? (one.values[left++] ?? 0) : 0, second === at ? (other.values[right++] ?? 0) : 0);
    if (!Number.isFinite(value)) continue;
    times.push(at);
    values.push(value);
  }
  return { times, values, label: one.label, periodMs: Math.max(one.periodMs, other.periodMs) };
}

/** At every time that one of the array has, from the values there. */
export function reduceArray(array: readonly TimeSeries[], of: (values: readonly number[]) => number): TimeSeries {
  const found = new Map<number, number[]>();
  for (const { times, values } of array)
    for (const [index, at] of times.entries()) {
      const there = found.get(at);
      if (there) there.push(values[index] as number);
      else found.set(at, [values[index] as number]);
    }
  const times = [...found.keys()].sort((a, b) => a - b);
  const periodMs = array.reduce((longest, series) => Math.max(longest, series.periodMs), 0);
  return {
    times,
    values: times.map((at) => of(found.get(at) ?? [])),
    label: array.map(({ label }) => label)[0] ?? "",
    periodMs,
  };
}

export const sizeOf = (value: Value): number =>
  isArray(value) ? value.reduce((sum, { times }) => sum + times.length, 0) : isSeries(value) ? value.times.length : 1;
