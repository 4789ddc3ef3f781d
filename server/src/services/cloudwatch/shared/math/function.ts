// What a function of metric math is, and what it may ask of its request.
import type { TimeSeries, Value } from "./values.ts";

/** Of the request that an expression is worked out for. */
export interface Surroundings {
  /** Milliseconds since 1970; the end is not in it. */
  readonly startTime: number;
  readonly endTime: number;
  /** Of series that no metric gives one: TIME_SERIES, SEARCH without one of its own. */
  readonly periodMs: number;
  /** Where periods begin. */
  readonly originOf: (periodMs: number) => number;
  /** Series of the queries that are no expressions, with their ids. */
  readonly metrics: readonly { readonly id: string; readonly series: TimeSeries }[];
  readonly search: (source: string, stat: string, periodMs: number) => Promise<readonly TimeSeries[]>;
  /** Takes so many points into account. @throws InvalidExpression when it is more than a request may cost */
  readonly claim: (points: number) => void;
}

export type MathFunction = (args: readonly Value[], around: Surroundings) => Value | Promise<Value>;
