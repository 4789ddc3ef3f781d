// Expressions of Logs Insights: or, and, not, comparisons, sums, products, powers, calls; the later binds the closer.
import { type Lexer, QueryProblem } from "./lexer.ts";
import type { Expression, Finding, Named, Operator } from "./syntax.ts";

/** How deep parentheses and calls may stand in one another. */
const MAX_DEPTH = 60;
/** Words that end an expression. */
const RESERVED = new Set(["as", "by", "asc", "desc", "and", "or", "not", "like", "in"]);
const COMPARISONS = new Set(["=", "!=", "<", "<=", ">", ">="]);

export const readExpression = (lexer: Lexer, depth = 0): Expression => {
  if (depth > MAX_DEPTH) throw new QueryProblem("the expression is nested too deep", lexer.peek());
  return readOr(lexer, depth);
};

/** `expression [as name]` */
export function readNamed(lexer: Lexer): Named {
  const expression = readExpression(lexer);
  if (!lexer.takesKeyword("as")) return { name: textOf(lexer, expression), expression };
  return { name: readName(lexer), expression };
}

export function readName(lexer: Lexer): string {
  if (lexer.peek().kind !== "name") throw lexer.unexpected("a name");
  return lexer.next().text;
}

export function readList<Item>(lexer: Lexer, read: (lexer: Lexer) => Item): Item[] {
  const items = [read(lexer)];
  while (lexer.takesSymbol(",")) items.push(read(lexer));
  return items;
}

const textOf = (lexer: Lexer, expression: Expression): string =>
  expression.kind === "field" ? expression.name : lexer.source.slice(expression.start, expression.end);

const binary = (operator: Operator, left: Expression, right: Expression): Expression => ({
  kind: "binary",
  operator,
  left,
  right,
  start: left.start,
  end: right.end,
});

function readOr(lexer: Lexer, depth: number): Expression {
  let left = readAnd(lexer, depth);
  while (lexer.takesKeyword("or")) left = binary("or", left, readAnd(lexer, depth));
  return left;
}

function readAnd(lexer: Lexer, depth: number): Expression {
  let left = readNot(lexer, depth);
  while (lexer.takesKeyword("and")) left = binary("and", left, readNot(lexer, depth));
  return left;
}

function readNot(lexer: Lexer, depth: number): Expression {
  const { start } = lexer.peek();
  let isNegated = false;
  while (lexer.takesKeyword("not")) isNegated = !isNegated;
  const of = readComparison(lexer, depth);
  return isNegated ? { kind: "not", of, start, end: of.end } : of;
}

function readComparison(lexer: Lexer, depth: number): Expression {
  const left = readSum(lexer, depth);
  const token = lexer.peek();
  if (token.kind === "symbol" && COMPARISONS.has(token.text)) {
    lexer.next();
    return binary(token.text as Operator, left, readSum(lexer, depth));
  }
  if (lexer.takesSymbol("=~")) return readLike(lexer, left, depth);
  const isNegated = lexer.takesKeyword("not");
  const found = lexer.takesKeyword("like")
    ? readLike(lexer, left, depth)
    : lexer.takesKeyword("in")
      ? readIn(lexer, left, depth)
      : undefined;
  if (!found && isNegated) throw lexer.unexpected("like or in");
  if (!found) return left;
  return isNegated ? { kind: "not", of: found, start: found.start, end: found.end } : found;
}

function readLike(lexer: Lexer, left: Expression, depth: number): Expression {
  const expression = lexer.takesExpression();
  const find: Finding = expression ? { expression: expression.text } : { text: readSum(lexer, depth) };
  return { kind: "like", left, find, start: left.start, end: lexer.lastEnd };
}

function readIn(lexer: Lexer, left: Expression, depth: number): Expression {
  lexer.expectSymbol("[");
  const list = readList(lexer, (one) => readExpression(one, depth + 1));
  lexer.expectSymbol("]");
  return { kind: "in", left, list, start: left.start, end: lexer.lastEnd };
}

function readSum(lexer: Lexer, depth: number): Expression {
  let left = readProduct(lexer, depth);
  for (;;) {
    const operator = ["+", "-"].find((symbol) => lexer.takesSymbol(symbol));
    if (!operator) return left;
    left = binary(operator as Operator, left, readProduct(lexer, depth));
  }
}

function readProduct(lexer: Lexer, depth: number): Expression {
  let left = readPower(lexer, depth);
  for (;;) {
    const operator = ["*", "/", "%"].find((symbol) => lexer.takesSymbol(symbol));
    if (!operator) return left;
    left = binary(operator as Operator, left, readPower(lexer, depth));
  }
}

function readPower(lexer: Lexer, depth: number): Expression {
  if (depth > MAX_DEPTH) throw new QueryProblem("the expression is nested too deep", lexer.peek());
  const { start } = lexer.peek();
  if (lexer.takesSymbol("-")) {
    const of = readPower(lexer, depth + 1);
    return { kind: "minus", of, start, end: of.end };
  }
  const left = readPrimary(lexer, depth);
  return lexer.takesSymbol("^") ? binary("^", left, readPower(lexer, depth + 1)) : left;
}

function readPrimary(lexer: Lexer, depth: number): Expression {
  const token = lexer.peek();
  const place = { start: token.start, end: token.end };
  if (lexer.takesSymbol("(")) {
    const inner = readExpression(lexer, depth + 1);
    lexer.expectSymbol(")");
    return { ...inner, start: token.start, end: lexer.lastEnd };
  }
  switch (token.kind) {
    case "string":
      return { kind: "text", value: lexer.next().text, ...place };
    case "number":
      return { kind: "number", value: Number(lexer.next().text), ...place };
    case "period":
      return { kind: "period", value: lexer.next().text, ...place };
    case "name":
      if (token.isQuoted || !RESERVED.has(token.text.toLowerCase())) return readField(lexer, depth);
      throw lexer.unexpected("an expression");
    default:
      throw lexer.unexpected("an expression");
  }
}

function readField(lexer: Lexer, depth: number): Expression {
  const { text: name, start, end, isQuoted } = lexer.next();
  if (isQuoted || !lexer.takesSymbol("(")) {
    // A truth of JSON is compared with its text.
    if (!isQuoted && /^(?:true|false)$/i.test(name)) return { kind: "text", value: name.toLowerCase(), start, end };
    return { kind: "field", name, start, end };
  }
  const given: Expression[] = [];
  if (!lexer.takesSymbol(")")) {
    given.push(...readList(lexer, (one) => readGiven(one, depth + 1)));
    lexer.expectSymbol(")");
  }
  const text = lexer.source.slice(start, lexer.lastEnd);
  return { kind: "call", name: name.toLowerCase(), text, given, start, end: lexer.lastEnd };
}

function readGiven(lexer: Lexer, depth: number): Expression {
  const { start, end } = lexer.peek();
  return lexer.takesSymbol("*") ? { kind: "star", start, end } : readExpression(lexer, depth);
}
