// A function of Logs Insights.
import type { Value } from "./value.ts";

export interface InsightsFunction {
  readonly least: number;
  /** Absent when it takes any number of values. */
  readonly most?: number;
  /** Made for each call that stands in a query. */
  readonly make: () => (given: readonly Value[]) => Value;
}
