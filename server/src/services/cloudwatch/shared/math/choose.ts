// IF(condition, then, else): point by point, by the condition's points.
// Source: CloudWatch user guide, "Using metric math", using IF expressions.
import { taking, wrong } from "./arguments.ts";
import type { MathFunction } from "./function.ts";
import { derived, isSeries, mapSeries, type TimeSeries, type Value } from "./values.ts";

export const choose: MathFunction = (args) => {
  const [condition, then, otherwise] = taking("IF", args, 2, 3);
  if (typeof condition === "number") return whole(condition !== 0 ? then : otherwise, then, otherwise);
  if (!isSeries(condition)) throw wrong("IF", "a time series or a number as its condition", condition);
  const [yes, no] = [lookUp(then as Value), otherwise === undefined ? () => undefined : lookUp(otherwise)];
  const label = isSeries(then as Value) ? (then as TimeSeries).label : condition.label;
  // Where it holds and there is nothing to take, the value is 0; where it does not, the point is dropped.
  return { ...mapSeries(condition, (value, at) => (value !== 0 ? (yes(at) ?? 0) : no(at))), label };
};

/** The branch of a condition that is one number. */
function whole(taken: Value | undefined, ...branches: readonly (Value | undefined)[]): Value {
  if (taken !== undefined) return taken;
  const like = branches.find((branch) => branch !== undefined && isSeries(branch));
  return like !== undefined && isSeries(like) ? derived(like, [], []) : [];
}

function lookUp(value: Value): (at: number) => number | undefined {
  if (typeof value === "number") return () => value;
  if (!isSeries(value)) throw wrong("IF", "time series and numbers", value);
  const found = new Map(value.times.map((at, index) => [at, value.values[index] as number]));
  return (at) => found.get(at);
}
