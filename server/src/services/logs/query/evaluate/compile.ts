// Expressions as functions of a record.
import { QueryProblem } from "../language/lexer.ts";
import { compileExpression as compileRegularExpression } from "../language/parse.ts";
import type { Expression, Operator } from "../language/syntax.ts";
import { finite, functions } from "./functions.ts";
import { readPeriod } from "./period.ts";
import type { LogRecord } from "./record.ts";
import { compareValues, isEqual, isTrue, Time, toNumber, toText, type Value } from "./value.ts";

export type Evaluate = (record: LogRecord) => Value;

/** What a call means beyond itself: an aggregate in stats, its column behind it. Undefined for what is nothing special. */
export type Special = (call: Extract<Expression, { kind: "call" }>) => Evaluate | undefined;

const nothingSpecial: Special = () => undefined;

/** @throws QueryProblem for functions that are not there, or take other values */
export function compileExpression(expression: Expression, special: Special = nothingSpecial): Evaluate {
  const compile = (one: Expression) => compileExpression(one, special);
  switch (expression.kind) {
    case "text":
    case "number": {
      const { value } = expression;
      return () => value;
    }
    case "period":
      throw new QueryProblem(`expected an expression, got the period ${expression.value}`, expression);
    case "star":
      throw new QueryProblem("expected an expression, got *", expression);
    case "field": {
      const { name } = expression;
      return (record) => record.get(name);
    }
    case "call":
      return special(expression) ?? periodCall(expression, compile) ?? plainCall(expression, compile);
    case "minus": {
      const of = compile(expression.of);
      return (record) => negated(of(record));
    }
    case "not": {
      const of = compile(expression.of);
      return (record) => !isTrue(of(record));
    }
    case "binary":
      return compileBinary(expression.operator, compile(expression.left), compile(expression.right));
    case "like":
      return compileLike(expression, compile);
    case "in": {
      const left = compile(expression.left);
      const list = expression.list.map(compile);
      return (record) => {
        const value = left(record);
        return list.some((one) => isEqual(value, one(record)));
      };
    }
  }
}

function negated(value: Value): Value {
  const number = toNumber(value);
  return number === undefined ? undefined : -number;
}

const comparisons: Readonly<Record<string, (one: Value, other: Value) => boolean>> = {
  "=": isEqual,
  // Also what is not there differs: the opposite of being equal, as of being in a list.
  "!=": (one, other) => !isEqual(one, other),
  "<": (one, other) => areThere(one, other) && compareValues(one, other) < 0,
  "<=": (one, other) => areThere(one, other) && compareValues(one, other) <= 0,
  ">": (one, other) => areThere(one, other) && compareValues(one, other) > 0,
  ">=": (one, other) => areThere(one, other) && compareValues(one, other) >= 0,
};
const areThere = (one: Value, other: Value): boolean => one !== undefined && other !== undefined;

const sums: Readonly<Record<string, (one: number, other: number) => number>> = {
  "+": (one, other) => one + other,
  "-": (one, other) => one - other,
  "*": (one, other) => one * other,
  "/": (one, other) => one / other,
  "%": (one, other) => one % other,
  "^": (one, other) => one ** other,
};

function compileBinary(operator: Operator, left: Evaluate, right: Evaluate): Evaluate {
  if (operator === "and") return (record) => isTrue(left(record)) && isTrue(right(record));
  if (operator === "or") return (record) => isTrue(left(record)) || isTrue(right(record));
  const compare = comparisons[operator];
  if (compare) return (record) => compare(left(record), right(record));
  const calculate = sums[operator];
  return (record) => {
    const [one, other] = [toNumber(left(record)), toNumber(right(record))];
    return one === undefined || other === undefined || !calculate ? undefined : finite(calculate(one, other));
  };
}

function compileLike(
  { left, find, ...place }: Extract<Expression, { kind: "like" }>,
  compile: (one: Expression) => Evaluate,
): Evaluate {
  const value = compile(left);
  if ("text" in find) {
    const text = compile(find.text);
    return (record) => {
      const wanted = toText(text(record));
      return wanted !== undefined && toText(value(record))?.includes(wanted) === true;
    };
  }
  const expression = compileRegularExpression(find.expression, place);
  return (record) => {
    const text = toText(value(record));
    return text !== undefined && expression.finds(text);
  };
}

type Call = Extract<Expression, { kind: "call" }>;

function plainCall(call: Call, compile: (one: Expression) => Evaluate): Evaluate {
  const found = Object.hasOwn(functions, call.name) ? functions[call.name] : undefined;
  if (!found) throw new QueryProblem(`there is no function ${call.name} here`, call);
  const { least, most = Number.POSITIVE_INFINITY, make } = found;
  if (call.given.length < least || call.given.length > most) {
    const wanted = least === most ? String(least) : `${least} to ${most === Number.POSITIVE_INFINITY ? "many" : most}`;
    throw new QueryProblem(`${call.name} takes ${wanted} values, got ${call.given.length}`, call);
  }
  const given = call.given.map(compile);
  const run = make();
  return (record) => run(given.map((one) => one(record)));
}

/** Functions that take a period: bin(5m), datefloor(@timestamp, 1h), dateceil(@timestamp, 1h). */
function periodCall(call: Call, compile: (one: Expression) => Evaluate): Evaluate | undefined {
  if (!["bin", "datefloor", "dateceil"].includes(call.name)) return undefined;
  const isBin = call.name === "bin";
  const [first, second] = call.given;
  const written = isBin ? first : second;
  const period = written?.kind === "period" ? readPeriod(written.value) : undefined;
  if (!period || call.given.length !== (isBin ? 1 : 2)) {
    throw new QueryProblem(`expected ${isBin ? "bin(5m)" : `${call.name}(@timestamp, 5m)`}, got ${call.text}`, call);
  }
  const time: Evaluate = isBin || !first ? (record) => record.get("@timestamp") : compile(first);
  const round = call.name === "dateceil" ? period.ceil : period.floor;
  return (record) => {
    const ms = toNumber(time(record));
    return ms === undefined ? undefined : new Time(round(ms));
  };
}
