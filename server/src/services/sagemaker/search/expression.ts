// What a search is for: filters, nested filters and sub-expressions under And or Or (API reference, SearchExpression).
import type { Filter, NestedFilters, SearchExpression } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import type { Wanted } from "../shared/searchable.ts";
import { createTest, operatorOf, type Test } from "./filter.ts";
import { findAll, rootOf } from "./properties.ts";

/** Most conditions of one search, and levels of sub-expressions (API reference, SearchExpression). */
const MOST_CONDITIONS = 50;

/** What the names of a search have to be. */
export interface Grammar {
  /** Members of the resource. */
  readonly properties: readonly string[];
  /** Those for which Contains may be used more than once. */
  readonly manyContains: readonly string[];
}

/** @throws ApiError Validation for an expression that has no meaning or too many conditions */
export function createExpression(expression: SearchExpression, grammar: Grammar): Test {
  checkConditions(expression, 1, { left: MOST_CONDITIONS });
  checkContains(expression, grammar);
  return compile(expression, grammar);
}

/** Every filter of an expression, nested ones too. */
export function filtersOf(expression: SearchExpression): readonly Filter[] {
  return [
    ...(expression.Filters ?? []),
    ...(expression.NestedFilters ?? []).flatMap(({ Filters }) => Filters),
    ...(expression.SubExpressions ?? []).flatMap(filtersOf),
  ];
}

/** The values that every result has to have. */
export function wantedBy({ Operator, Filters = [] }: SearchExpression): Wanted {
  if (Operator === "Or") return new Map();
  const equal = Filters.filter((filter) => operatorOf(filter) === "Equals");
  return new Map(equal.map(({ Name, Value = "" }) => [Name.toLowerCase(), Value]));
}

/** @throws ApiError Validation for a name that the resource has nothing of */
export function needProperty(name: string, { properties }: Grammar): void {
  if (!properties.some((property) => property.toLowerCase() === rootOf(name)))
    throw errors.validation(`Unknown property name: ${name}.`);
}

function compile(expression: SearchExpression, grammar: Grammar): Test {
  const tests = [
    ...(expression.Filters ?? []).map((filter) => {
      needProperty(filter.Name, grammar);
      return createTest(filter, filter.Name);
    }),
    ...(expression.NestedFilters ?? []).map((nested) => compileNested(nested, grammar)),
    ...(expression.SubExpressions ?? []).map((inner) => compile(inner, grammar)),
  ];
  if (tests.length === 0)
    throw errors.validation("A SearchExpression must have at least one of Filters, NestedFilters and SubExpressions.");
  return expression.Operator === "Or"
    ? (from) => tests.some((test) => test(from))
    : (from) => tests.every((test) => test(from));
}

/** All filters hold for the same element of the list. */
function compileNested({ NestedPropertyName, Filters }: NestedFilters, grammar: Grammar): Test {
  needProperty(NestedPropertyName, grammar);
  const prefix = `${NestedPropertyName.toLowerCase()}.`;
  const tests = Filters.map((filter) => {
    if (!filter.Name.toLowerCase().startsWith(prefix))
      throw errors.validation(
        `Expected the names of nested filters on ${NestedPropertyName} to begin with "${NestedPropertyName}.", got "${filter.Name}".`,
      );
    return createTest(filter, filter.Name.slice(prefix.length));
  });
  return (from) => findAll(from, NestedPropertyName).some((element) => tests.every((test) => test(element)));
}

function checkConditions(expression: SearchExpression, depth: number, room: { left: number }): void {
  const { Filters = [], NestedFilters = [], SubExpressions = [] } = expression;
  room.left -= Filters.length + NestedFilters.reduce((sum, nested) => sum + nested.Filters.length, 0);
  if (room.left < 0 || depth > MOST_CONDITIONS)
    throw errors.validation(`A SearchExpression may have at most ${MOST_CONDITIONS} conditions and levels.`);
  for (const inner of SubExpressions) checkConditions(inner, depth + 1, room);
}

function checkContains(expression: SearchExpression, { manyContains }: Grammar): void {
  const many = new Set(manyContains.map((name) => name.toLowerCase()));
  const counted = filtersOf(expression).filter(
    (filter) => operatorOf(filter) === "Contains" && !many.has(rootOf(filter.Name)),
  );
  if (counted.length > 1) throw errors.validation("'CONTAINS' operator usage limit of 1 exceeded.");
}
