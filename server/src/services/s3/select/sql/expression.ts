// Expressions of S3 Select, by falling precedence: signs of numbers, * / %, + - ||, comparisons, NOT, AND, OR.
import { selectErrors } from "../errors.ts";
import { isFunctionName } from "./functions.ts";
import { pathSteps } from "./path.ts";
import type { TokenReader } from "./reader.ts";
import type { AggregateName, Expression } from "./statement.ts";
import { isCastType } from "./values.ts";

const AGGREGATES: readonly string[] = ["COUNT", "SUM", "AVG", "MIN", "MAX"];
/** They end an expression or join its parts, so they name no column unless they are quoted. */
const RESERVED: readonly string[] =
  "SELECT FROM WHERE LIMIT AND OR NOT IN LIKE ESCAPE BETWEEN IS AS WHEN THEN ELSE END".split(" ");
const COMPARISONS: readonly string[] = ["=", "<>", "!=", "<", "<=", ">", ">="];
/** User guide, "Date functions": parts that stand where others have an expression. */
const PARTS: readonly string[] = ["DATE_ADD", "DATE_DIFF"];

/** @throws ApiError ParseUnexpectedToken, UnsupportedFunction, UnsupportedSqlStructure */
export const parseExpression = (reader: TokenReader): Expression => reader.inside(() => either(reader));

/** Left-associative operators between parts of the next precedence. */
function chain(reader: TokenReader, isOperator: () => boolean, part: () => Expression): Expression {
  let left = part();
  while (isOperator()) {
    const operator = reader.takeOperator();
    left = { kind: "binary", operator, left, right: part() };
  }
  return left;
}

const either = (reader: TokenReader): Expression =>
  chain(
    reader,
    () => reader.isWord("OR"),
    () =>
      chain(
        reader,
        () => reader.isWord("AND"),
        () => negation(reader),
      ),
  );

function negation(reader: TokenReader): Expression {
  if (!reader.takeWord("NOT")) return comparison(reader);
  return reader.inside(() => ({ kind: "unary", operator: "NOT", operand: negation(reader) }));
}

function comparison(reader: TokenReader): Expression {
  const left = sum(reader);
  if (COMPARISONS.some((sign) => reader.isSign(sign))) {
    const operator = reader.takeOperator();
    return { kind: "binary", operator, left, right: sum(reader) };
  }
  if (reader.takeWord("IS")) {
    const isNegated = reader.takeWord("NOT");
    const isMissing = reader.takeWord("MISSING");
    if (!isMissing) reader.expectWord("NULL");
    return negatedIf(isNegated, { kind: "is", operand: left, what: isMissing ? "MISSING" : "NULL" });
  }
  const isNegated = reader.isWord("NOT") && ["IN", "LIKE", "BETWEEN"].some((word) => reader.isWord(word, 1));
  if (isNegated) reader.take();
  return negatedIf(isNegated, membership(reader, left));
}

function membership(reader: TokenReader, operand: Expression): Expression {
  if (reader.takeWord("BETWEEN")) {
    const low = sum(reader);
    reader.expectWord("AND");
    const high = sum(reader);
    const from: Expression = { kind: "binary", operator: ">=", left: operand, right: low };
    return {
      kind: "binary",
      operator: "AND",
      left: from,
      right: { kind: "binary", operator: "<=", left: operand, right: high },
    };
  }
  if (reader.takeWord("IN")) {
    reader.expectSign("(");
    return { kind: "in", operand, list: list(reader) };
  }
  if (!reader.takeWord("LIKE")) return operand;
  const pattern = sum(reader);
  return { kind: "like", operand, pattern, ...(reader.takeWord("ESCAPE") ? { escapedBy: sum(reader) } : {}) };
}

const negatedIf = (isNegated: boolean, operand: Expression): Expression =>
  isNegated ? { kind: "unary", operator: "NOT", operand } : operand;

const sum = (reader: TokenReader): Expression =>
  chain(
    reader,
    () => ["+", "-", "||"].some((sign) => reader.isSign(sign)),
    () =>
      chain(
        reader,
        () => ["*", "/", "%"].some((sign) => reader.isSign(sign)),
        () => signed(reader),
      ),
  );

function signed(reader: TokenReader): Expression {
  if (reader.takeSign("+")) return reader.inside(() => signed(reader));
  if (!reader.takeSign("-")) return primary(reader);
  return reader.inside(() => ({ kind: "unary", operator: "-", operand: signed(reader) }));
}

function primary(reader: TokenReader): Expression {
  const { kind, text } = reader.token;
  if (kind === "number" || kind === "string") {
    reader.take();
    return { kind: "literal", value: kind === "number" ? Number(text) : text };
  }
  if (reader.takeSign("(")) {
    const inner = parseExpression(reader);
    reader.expectSign(")");
    return inner;
  }
  if (kind === "quoted") return path(reader);
  const word = text.toUpperCase();
  if (kind !== "word" || RESERVED.includes(word)) throw reader.unexpected("an expression");
  if (reader.isSign("(", 1)) return call(reader);
  if (word === "CASE") return choice(reader);
  if (word in LITERALS) {
    reader.take();
    return { kind: "literal", value: LITERALS[word] };
  }
  return path(reader);
}

const LITERALS: Readonly<Record<string, boolean | null | undefined>> = Object.assign(Object.create(null), {
  TRUE: true,
  FALSE: false,
  NULL: null,
  MISSING: undefined,
});

function path(reader: TokenReader): Expression {
  const { kind, text } = reader.take();
  return { kind: "path", steps: [{ kind: "name", name: text, isExact: kind === "quoted" }, ...pathSteps(reader)] };
}

function choice(reader: TokenReader): Expression {
  reader.take();
  // CASE x WHEN 1 … compares each with x.
  const subject = reader.isWord("WHEN") ? undefined : parseExpression(reader);
  const whens: { readonly when: Expression; readonly result: Expression }[] = [];
  while (reader.takeWord("WHEN")) {
    const value = parseExpression(reader);
    reader.expectWord("THEN");
    const when: Expression =
      subject === undefined ? value : { kind: "binary", operator: "=", left: subject, right: value };
    whens.push({ when, result: parseExpression(reader) });
  }
  if (whens.length === 0) throw reader.unexpected("WHEN");
  const otherwise: Expression = reader.takeWord("ELSE") ? parseExpression(reader) : { kind: "literal", value: null };
  reader.expectWord("END");
  return { kind: "case", whens, otherwise };
}

function call(reader: TokenReader): Expression {
  const name = reader.take().text.toUpperCase();
  reader.expectSign("(");
  if (AGGREGATES.includes(name)) return aggregate(reader, name as AggregateName);
  if (name === "CAST") return cast(reader);
  if (name === "EXTRACT") return { kind: "call", name, arguments: partAndRest(reader, "FROM") };
  if (PARTS.includes(name)) return { kind: "call", name, arguments: partAndRest(reader, ",") };
  if (name === "TRIM") return { kind: "call", name, arguments: trimArguments(reader) };
  if (name === "SUBSTRING") return { kind: "call", name, arguments: list(reader, ["FROM", "FOR"]) };
  if (!isFunctionName(name)) throw selectErrors.unsupportedFunction(`Unsupported function: ${name}.`);
  return { kind: "call", name, arguments: list(reader) };
}

function aggregate(reader: TokenReader, name: AggregateName): Expression {
  const isOfRows = name === "COUNT" && reader.takeSign("*");
  const operand = isOfRows ? undefined : parseExpression(reader);
  reader.expectSign(")");
  return operand === undefined ? { kind: "aggregate", name } : { kind: "aggregate", name, operand };
}

function cast(reader: TokenReader): Expression {
  const operand = parseExpression(reader);
  reader.expectWord("AS");
  const type = reader.take().text.toUpperCase();
  if (!isCastType(type)) throw selectErrors.parse(`The SQL expression casts to an unknown type ${type.slice(0, 40)}.`);
  // DECIMAL(10, 2): precision and scale are read over.
  if (reader.takeSign("(")) list(reader);
  reader.expectSign(")");
  return { kind: "cast", operand, type };
}

/** Arguments up to the closing parenthesis, between commas or one of the words. */
function list(reader: TokenReader, words: readonly string[] = []): readonly Expression[] {
  const found: Expression[] = [];
  if (reader.takeSign(")")) return found;
  do found.push(parseExpression(reader));
  while (reader.takeSign(",") || words.some((word) => reader.takeWord(word)));
  reader.expectSign(")");
  return found;
}

/** `EXTRACT(year FROM t)`, `DATE_ADD(day, 1, t)`: the first is a word. */
function partAndRest(reader: TokenReader, separator: "FROM" | ","): readonly Expression[] {
  if (reader.token.kind !== "word") throw reader.unexpected("a part of a date");
  const part: Expression = { kind: "literal", value: reader.take().text.toLowerCase() };
  if (separator === ",") reader.expectSign(",");
  else reader.expectWord(separator);
  return [part, ...list(reader)];
}

/** `TRIM([[LEADING | TRAILING | BOTH] [characters] FROM] text)` as text, characters, side. */
function trimArguments(reader: TokenReader): readonly Expression[] {
  const side = ["LEADING", "TRAILING", "BOTH"].find((word) => reader.takeWord(word));
  const first: Expression = reader.isWord("FROM") ? { kind: "literal", value: " " } : parseExpression(reader);
  const isLonger = reader.takeWord("FROM");
  const [text, characters] = isLonger
    ? [parseExpression(reader), first]
    : [first, { kind: "literal", value: " " } as const];
  reader.expectSign(")");
  return [text, characters, { kind: "literal", value: side ?? "BOTH" }];
}
