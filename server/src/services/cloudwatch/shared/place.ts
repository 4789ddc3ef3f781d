// Where a metric is kept, and dimensions as the API writes them.
import type { MetricKey, Series } from "../../../store/series/series.ts";
import { invalidValue } from "../errors.ts";

export interface Parts {
  readonly series: Series;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Place {
  readonly account: string;
  readonly region: string;
}

interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

/** @throws ApiError InvalidParameterValue for a name given twice */
export function dimensionsOf(list: readonly Dimension[] | undefined, parameter: string): Record<string, string> {
  const dimensions: Record<string, string> = {};
  for (const { Name, Value } of list ?? []) {
    if (Object.hasOwn(dimensions, Name)) {
      throw invalidValue(`The parameter ${parameter} must name each dimension once, got ${Name} twice.`);
    }
    dimensions[Name] = Value;
  }
  return dimensions;
}

export const dimensionList = (dimensions: Readonly<Record<string, string>>): Dimension[] =>
  Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));

export const metricKey = (
  { account, region }: Place,
  metric: { readonly namespace: string; readonly name: string; readonly dimensions: Record<string, string> },
): MetricKey => ({ account, region, ...metric });
