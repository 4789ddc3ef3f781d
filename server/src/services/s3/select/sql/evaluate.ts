// Expressions as functions of a row, made once for a statement. Conditions know true, false and unknown (null): what is
// compared with null or MISSING is unknown, and so is what cannot be compared, except that it is not equal.
import { selectErrors } from "../errors.ts";
import { functionOf } from "./functions.ts";
import { likeMatcher } from "./like.ts";
import { follow, type Row } from "./row.ts";
import type { Expression, Step } from "./statement.ts";
import { cast, compare, isAbsent, numberOf, textOf, type Value } from "./values.ts";

export type Evaluate = (row: Row) => Value;

export interface Scope {
  /** Names the row, besides S3Object. */
  readonly alias: string | undefined;
  readonly now: Date;
  /** How an aggregate is evaluated. @throws ApiError where none may stand */
  readonly aggregate: (expression: Expression & { kind: "aggregate" }) => Evaluate;
  /** Told of every column that is read. */
  readonly onColumn?: () => void;
}

/** @throws ApiError IncorrectSqlFunctionArgumentType; the function throws further ones of select/errors.ts */
export function evaluator(expression: Expression, scope: Scope): Evaluate {
  const of = (part: Expression): Evaluate => evaluator(part, scope);
  switch (expression.kind) {
    case "literal":
      return () => expression.value;
    case "path":
      scope.onColumn?.();
      return path(expression.steps, scope.alias);
    case "aggregate":
      return scope.aggregate(expression);
    case "unary":
      return expression.operator === "NOT" ? not(of(expression.operand)) : negative(of(expression.operand));
    case "binary":
      return binary(expression.operator, of(expression.left), of(expression.right));
    case "is": {
      const operand = of(expression.operand);
      // MISSING counts as NULL, and not the other way round.
      return expression.what === "NULL" ? (row) => isAbsent(operand(row)) : (row) => operand(row) === undefined;
    }
    case "in":
      return oneOf(of(expression.operand), expression.list.map(of));
    case "like":
      return like(of(expression.operand), of(expression.pattern), expression.escapedBy && of(expression.escapedBy));
    case "case": {
      const whens = expression.whens.map(({ when, result }) => ({ when: of(when), result: of(result) }));
      const otherwise = of(expression.otherwise);
      return (row) => (whens.find(({ when }) => when(row) === true)?.result ?? otherwise)(row);
    }
    case "cast": {
      const operand = of(expression.operand);
      return (row) => cast(operand(row), expression.type);
    }
    case "call": {
      const run = functionOf(expression.name, expression.arguments.length);
      const values = expression.arguments.map(of);
      return (row) =>
        run(
          values.map((value) => value(row)),
          scope.now,
        );
    }
  }
}

function path(steps: readonly Step[], alias: string | undefined): Evaluate {
  const [first, ...rest] = steps;
  if (first?.kind !== "name") throw new Error("A path begins with a name.");
  const isRow = [alias, "S3Object"].some((name) => name?.toLowerCase() === first.name.toLowerCase());
  const [column, ...below] = isRow ? rest : steps;
  if (column === undefined) return (row) => row.value;
  if (column.kind !== "name") return (row) => follow(row.value, [column, ...below]);
  const { name, isExact } = column;
  return below.length === 0 ? (row) => row.named(name, isExact) : (row) => follow(row.named(name, isExact), below);
}

const unknownOr = (value: Value): boolean | null => (typeof value === "boolean" ? value : null);

const not =
  (operand: Evaluate): Evaluate =>
  (row) => {
    const value = unknownOr(operand(row));
    return value === null ? null : !value;
  };

const negative =
  (operand: Evaluate): Evaluate =>
  (row) =>
    arithmetic("-", 0, operand(row));

function binary(operator: string, left: Evaluate, right: Evaluate): Evaluate {
  switch (operator) {
    case "AND":
      return (row) => both(unknownOr(left(row)), () => unknownOr(right(row)));
    case "OR":
      return (row) => {
        const neither = both(opposite(unknownOr(left(row))), () => opposite(unknownOr(right(row))));
        return opposite(neither);
      };
    case "||":
      return (row) => {
        const [a, b] = [left(row), right(row)];
        return isAbsent(a) || isAbsent(b) ? null : textOf(a) + textOf(b);
      };
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return (row) => arithmetic(operator, left(row), right(row));
    default:
      return (row) => compared(operator, left(row), right(row));
  }
}

const opposite = (value: boolean | null): boolean | null => (value === null ? null : !value);

function both(left: boolean | null, right: () => boolean | null): boolean | null {
  if (left === false) return false;
  const other = right();
  if (other === false) return false;
  return left === null || other === null ? null : true;
}

/** @throws ApiError InvalidDataType */
function arithmetic(operator: string, left: Value, right: Value): Value {
  if (isAbsent(left) || isAbsent(right)) return null;
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a === undefined || b === undefined)
    throw selectErrors.invalidDataType(`The SQL expression contains an invalid data type: ${operator} takes numbers.`);
  if ((operator === "/" || operator === "%") && b === 0)
    throw selectErrors.invalidDataType("The SQL expression divides by zero.");
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    default:
      return a % b;
  }
}

function compared(operator: string, left: Value, right: Value): boolean | null {
  if (isAbsent(left) || isAbsent(right)) return null;
  const difference = compare(left, right);
  const isUnequal = operator === "<>" || operator === "!=";
  if (difference === undefined) return isUnequal ? true : operator === "=" ? false : null;
  if (isUnequal) return difference !== 0;
  if (operator === "=") return difference === 0;
  if (operator.startsWith("<")) return difference < 0 || (operator === "<=" && difference === 0);
  return difference > 0 || (operator === ">=" && difference === 0);
}

function oneOf(operand: Evaluate, list: readonly Evaluate[]): Evaluate {
  return (row) => {
    const value = operand(row);
    const found = list.map((item) => compared("=", value, item(row)));
    if (found.includes(true)) return true;
    return found.includes(null) ? null : false;
  };
}

/** The matcher of the last pattern is kept: nearly always the pattern is the same for every row. */
function like(operand: Evaluate, pattern: Evaluate, escapedBy: Evaluate | undefined): Evaluate {
  let last: { readonly key: string; readonly matches: (text: string) => boolean } | undefined;
  return (row) => {
    const [text, wanted, escaped] = [operand(row), pattern(row), escapedBy?.(row)];
    if (isAbsent(text) || isAbsent(wanted)) return null;
    if (typeof text !== "string" || typeof wanted !== "string")
      throw selectErrors.invalidDataType("The SQL expression contains an invalid data type: LIKE takes strings.");
    const character = escaped === undefined ? undefined : textOf(escaped);
    const key = JSON.stringify([wanted, character]);
    if (last?.key !== key) last = { key, matches: likeMatcher(wanted, character) };
    return last.matches(text);
  };
}
