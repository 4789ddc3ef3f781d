// Logs Insights queries: commands joined by `|`. Source: CloudWatch Logs user guide, "CloudWatch Logs Insights language
// query syntax".
import { compileExpression as compile, type Expression, InvalidExpression } from "../../shared/expressions.ts";
import { readExpression, readList, readName, readNamed } from "./expression.ts";
import { Lexer, QueryProblem } from "./lexer.ts";
import type { Command } from "./syntax.ts";

/** Rows of a result (user guide, `limit`). */
export const MAX_ROWS = 10_000;
const MAX_STATS = 2;

/** Commands of the real service that are not built. */
const UNBUILT = new Set(
  "anomaly countfrequent count_frequent diff filterindex join lookup pattern source unmask unnest where".split(" "),
);

/** @throws QueryProblem with what was expected, what came, and where */
export function parseQuery(source: string): readonly Command[] {
  const lexer = new Lexer(source);
  const commands: Command[] = [];
  do {
    const { start } = lexer.peek();
    const command = readCommand(lexer);
    const before = commands.at(-1);
    if (before?.kind === "dedup" && command.kind !== "limit") {
      throw new QueryProblem("expected only limit behind dedup", { start, end: lexer.lastEnd });
    }
    commands.push(command);
    if (commands.filter(({ kind }) => kind === "stats").length > MAX_STATS) {
      throw new QueryProblem(`expected at most ${MAX_STATS} stats commands`, { start, end: lexer.lastEnd });
    }
  } while (lexer.takesSymbol("|"));
  if (lexer.peek().kind !== "end") throw lexer.unexpected("| or the end of the query");
  return commands;
}

const readers: Readonly<Record<string, (lexer: Lexer) => Command>> = {
  fields: (lexer) => ({ kind: "fields", list: readList(lexer, readNamed) }),
  display: (lexer) => ({ kind: "display", list: readList(lexer, readNamed) }),
  filter: (lexer) => ({ kind: "filter", test: readExpression(lexer) }),
  stats(lexer) {
    const list = readList(lexer, readNamed);
    return { kind: "stats", list, by: lexer.takesKeyword("by") ? readList(lexer, readNamed) : [] };
  },
  sort: (lexer) => ({ kind: "sort", by: readList(lexer, readSortKey) }),
  limit(lexer) {
    const token = lexer.peek();
    const count = Number(token.text);
    if (token.kind !== "number" || !Number.isInteger(count) || count < 1 || count > MAX_ROWS) {
      throw lexer.unexpected(`a number from 1 to ${MAX_ROWS}`);
    }
    lexer.next();
    return { kind: "limit", count };
  },
  dedup: (lexer) => ({ kind: "dedup", by: readList(lexer, (one) => readExpression(one)) }),
  parse: readParse,
};

function readCommand(lexer: Lexer): Command {
  const token = lexer.peek();
  const word = token.kind === "name" ? token.text.toLowerCase() : "";
  const read = Object.hasOwn(readers, word) ? readers[word] : undefined;
  if (read) {
    lexer.next();
    return read(lexer);
  }
  if (UNBUILT.has(word)) throw new QueryProblem(`the command ${word} is not yet available in Sagebrush`, token);
  throw lexer.unexpected(`one of ${Object.keys(readers).join(", ")}`);
}

function readSortKey(lexer: Lexer) {
  const key = readExpression(lexer);
  const descending = lexer.takesKeyword("desc");
  if (!descending) lexer.takesKeyword("asc");
  return { key, descending };
}

/** `parse [field] /…(?<name>…)…/` or `parse [field] "…*…" as name` */
function readParse(lexer: Lexer): Command {
  const { start } = lexer.peek();
  const isMessage = lexer.peek().kind === "string" || lexer.isExpression();
  const source = isMessage ? ({ kind: "field", name: "@message", start, end: start } as const) : readField(lexer);
  const expression = lexer.takesExpression();
  if (expression) {
    const names = groupNames(expression.text, expression);
    const aliases = lexer.takesKeyword("as") ? readList(lexer, readName) : names;
    if (aliases.length === 0) throw new QueryProblem("expected a named group, (?<name>…), got none", expression);
    return { kind: "parse", source, pattern: { expression: expression.text }, names: aliases };
  }
  if (lexer.peek().kind !== "string") throw lexer.unexpected("a text with * or a regular expression");
  const token = lexer.next();
  if (!lexer.takesKeyword("as")) throw lexer.unexpected("as");
  const names = readList(lexer, readName);
  const stars = token.text.split("*").length - 1;
  if (stars !== names.length)
    throw new QueryProblem(`expected ${stars} names, one for each *, got ${names.length}`, token);
  return { kind: "parse", source, pattern: { glob: token.text }, names };
}

function readField(lexer: Lexer) {
  const { start, end } = lexer.peek();
  return { kind: "field", name: readName(lexer), start, end } as const;
}

/** @throws QueryProblem when the expression cannot be used */
export function compileExpression(text: string, place: { readonly start: number; readonly end: number }): Expression {
  try {
    return compile(text);
  } catch (cause) {
    if (!(cause instanceof InvalidExpression)) throw cause;
    throw new QueryProblem(`the regular expression cannot be used: ${cause.message}`, place);
  }
}

/** Names of groups, in their order. */
function groupNames(text: string, place: { readonly start: number; readonly end: number }): string[] {
  const groups = Object.entries(compileExpression(text, place).names);
  return groups.sort(([, one], [, other]) => one - other).map(([name]) => name);
}
