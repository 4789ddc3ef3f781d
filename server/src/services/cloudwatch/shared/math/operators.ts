// Operators on every pair of operands that the guide allows.
// Source: CloudWatch user guide, "Using metric math", basic arithmetic functions, comparison and logical operators.
import type { MathFunction } from "./function.ts";
import { InvalidExpression, isArray, isSeries, joinSeries, kindOf, mapSeries, type Value } from "./values.ts";

type OnNumbers = (one: number, other: number) => number;

/** `S, S`, `S, TS`, `TS, TS`, and an array with a number or a series. */
export const pairwise =
  (name: string, of: OnNumbers): MathFunction =>
  ([one, other]) =>
    applied(name, of, one as Value, other as Value);

function applied(name: string, of: OnNumbers, one: Value, other: Value): Value {
  if (isArray(one) && !isArray(other)) return one.map((series) => onSeries(name, of, series, other));
  if (isArray(other) && !isArray(one)) return other.map((series) => onSeries(name, of, one, series, series.label));
  if (typeof one === "number" && typeof other === "number") return of(one, other);
  return onSeries(name, of, one, other);
}

function onSeries(name: string, of: OnNumbers, one: Value, other: Value, label?: string) {
  if (isSeries(one) && isSeries(other)) {
    const joined = joinSeries(one, other, of);
    return label === undefined ? joined : { ...joined, label };
  }
  if (isSeries(one) && typeof other === "number") return mapSeries(one, (value) => of(value, other));
  if (typeof one === "number" && isSeries(other)) return mapSeries(other, (value) => of(one, value));
  throw new InvalidExpression(
    `the operator ${name} takes numbers and time series, got ${kindOf(one)} and ${kindOf(other)}`,
  );
}

export const negative: MathFunction = ([value]) => {
  if (typeof value === "number") return -value;
  if (value !== undefined && isSeries(value)) return mapSeries(value, (each) => -each);
  if (value !== undefined && isArray(value)) return value.map((series) => mapSeries(series, (each) => -each));
  throw new InvalidExpression("the sign - takes a number or time series");
};
