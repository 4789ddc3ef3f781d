// One condition of a search (API reference, Filter).
import type { Filter, Operator } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import { findAll, isHyperParameter, isTime, numberOf, textsIn, timeOf, type Value, valuesOf } from "./properties.ts";

/** Whether a record, or an element of one of its lists, is what is sought. */
export type Test = (from: unknown) => boolean;

const orders: Readonly<Partial<Record<Operator, (one: number, other: number) => boolean>>> = {
  GreaterThan: (one, other) => one > other,
  GreaterThanOrEqualTo: (one, other) => one >= other,
  LessThan: (one, other) => one < other,
  LessThanOrEqualTo: (one, other) => one <= other,
};

/** The operator that a filter without one means. */
export const operatorOf = ({ Operator, Value }: Filter): Operator =>
  Operator ?? (Value === undefined ? "Exists" : "Equals");

/** `name`: of the property in what is looked at. @throws ApiError Validation for a filter that means nothing */
export function createTest(filter: Filter, name: string): Test {
  const operator = operatorOf(filter);
  if (operator === "Exists") return (from) => findAll(from, name).length > 0;
  if (operator === "NotExists") return (from) => findAll(from, name).length === 0;
  const { Value: wanted } = filter;
  if (wanted === undefined)
    throw errors.validation(`The filter on ${filter.Name} with the operator ${operator} must have a Value.`);
  if (operator === "Contains") {
    const part = wanted.toLowerCase();
    return (from) => textsIn(findAll(from, name)).some((text) => text.toLowerCase().includes(part));
  }
  if (operator === "In") {
    const equals = wanted.split(",").map((text) => isEqualTo(needed(text.trim(), name), filter.Name));
    return (from) => valuesOf(from, name).some((value) => equals.some((isEqual) => isEqual(value)));
  }
  if (operator === "Equals" || operator === "NotEquals") {
    const isEqual = isEqualTo(needed(wanted, name), filter.Name);
    const isAny: Test = (from) => valuesOf(from, name).some(isEqual);
    return operator === "Equals" ? isAny : (from) => !isAny(from);
  }
  return inOrder(filter, operator, wanted, name);
}

/** @throws ApiError Validation for a moment that cannot be read */
function needed(wanted: string, name: string): string {
  if (isTime(name) && timeOf(wanted) === undefined)
    throw errors.validation(`${name} is a time; expected YYYY-MM-DDTHH:MM:SS, got "${wanted}".`);
  return wanted;
}

function isEqualTo(wanted: string, name: string): (value: Value) => boolean {
  const moment = isTime(name) ? timeOf(wanted) : undefined;
  const number = numberOf(wanted);
  return (value) => {
    // A moment in whole seconds is meant as such: people cannot write the milliseconds that we keep.
    if (moment !== undefined && typeof value === "number")
      return (Number.isInteger(moment) ? Math.floor(value) : value) === moment;
    if (typeof value === "boolean") return String(value) === wanted.toLowerCase();
    const isNumber = typeof value === "number" || isHyperParameter(name);
    return value === wanted || (isNumber && number !== undefined && numberOf(value) === number);
  };
}

function inOrder(filter: Filter, operator: Operator, wanted: string, name: string): Test {
  const compare = orders[operator];
  const limit = isTime(name) ? timeOf(needed(wanted, name)) : numberOf(wanted);
  if (!compare || limit === undefined)
    throw errors.validation(
      `The operator ${operator} is not supported for text: expected a number as Value for ${filter.Name}, got "${wanted}".`,
    );
  return (from) =>
    valuesOf(from, name).some((value) => {
      const number = numberOf(value);
      return number !== undefined && compare(number, limit);
    });
}
