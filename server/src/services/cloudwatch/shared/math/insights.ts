// Metrics Insights: `SELECT SUM(Errors) FROM SCHEMA("AWS/X", Path) WHERE Path = '/a' GROUP BY Audience ORDER BY SUM() LIMIT 5`.
// Source: CloudWatch user guide, "Metrics Insights query components and syntax".
import { InvalidExpression } from "./values.ts";

export interface Selection {
  /** Of `AVG`, `COUNT`, `MAX`, `MIN`, `SUM`, as statistics are called. */
  readonly stat: string;
  readonly name: string;
  readonly namespace: string;
  /** The names of all dimensions, where SCHEMA tells them. */
  readonly schema: readonly string[] | undefined;
  readonly isWanted: (dimensions: Readonly<Record<string, string>>) => boolean;
  readonly groupBy: readonly string[];
  readonly orderBy: { readonly stat: string; readonly descending: boolean } | undefined;
  readonly limit: number;
}

export const isSelection = (source: string): boolean => /^\s*SELECT\b/i.test(source);

/** Most series that a query gives. */
const MOST_SERIES = 500;

const stats: Readonly<Record<string, string>> = {
  AVG: "Average",
  COUNT: "SampleCount",
  MAX: "Maximum",
  MIN: "Minimum",
  SUM: "Sum",
};

const PIECE = /\s*(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'|([A-Za-z_][\w/.]*|\d+)|(!=|[(),=])|(\S))/gy;

interface Piece {
  readonly kind: "name" | "quoted" | "text" | "sign" | "end";
  readonly text: string;
}

function piecesOf(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const [, quoted, text, name, sign, other] of source.matchAll(PIECE)) {
    if (other !== undefined) throw new InvalidExpression(`expected a word of a query, got ${other}`);
    if (quoted !== undefined) pieces.push({ kind: "quoted", text: quoted.replaceAll('""', '"') });
    else if (text !== undefined) pieces.push({ kind: "text", text: text.replaceAll("''", "'") });
    else if (name !== undefined) pieces.push({ kind: "name", text: name });
    else pieces.push({ kind: "sign", text: sign ?? "" });
  }
  return [...pieces, { kind: "end", text: "the end" }];
}

/** @throws InvalidExpression */
export function selectionOf(source: string): Selection {
  const pieces = piecesOf(source);
  let at = 0;
  const next = (): Piece => pieces[at] as Piece;
  const isNext = (word: string): boolean => {
    const { kind, text } = next();
    const found = (kind === "name" || kind === "sign") && text.toUpperCase() === word;
    if (found) at++;
    return found;
  };
  const expect = (...words: readonly string[]): void => {
    for (const word of words)
      if (!isNext(word)) throw new InvalidExpression(`expected ${word} in the query, got ${next().text}`);
  };
  const identifier = (): string => {
    const { kind, text } = next();
    if (kind !== "name" && kind !== "quoted") throw new InvalidExpression(`expected a name in the query, got ${text}`);
    at++;
    return text;
  };
  const statistic = (): string => {
    const name = identifier().toUpperCase();
    const stat = Object.hasOwn(stats, name) ? stats[name] : undefined;
    if (!stat) throw new InvalidExpression(`expected AVG, COUNT, MAX, MIN or SUM in the query, got ${name}`);
    expect("(");
    return stat;
  };
  const names = (): string[] => {
    const found = [identifier()];
    while (isNext(",")) found.push(identifier());
    return found;
  };
  const condition = () => {
    const name = identifier();
    const differs = isNext("!=");
    if (!differs) expect("=");
    const { kind, text } = next();
    if (kind !== "text") throw new InvalidExpression(`expected a value in single quotes in the query, got ${text}`);
    at++;
    return (dimensions: Readonly<Record<string, string>>) =>
      Object.hasOwn(dimensions, name) && (dimensions[name] === text) !== differs;
  };

  expect("SELECT");
  const stat = statistic();
  const name = identifier();
  expect(")", "FROM");
  let [namespace, schema]: [string, string[] | undefined] = ["", undefined];
  if (isNext("SCHEMA")) {
    expect("(");
    const [first = "", ...dimensions] = names();
    expect(")");
    [namespace, schema] = [first, dimensions];
  } else namespace = identifier();
  const conditions: Selection["isWanted"][] = [];
  if (isNext("WHERE")) {
    do conditions.push(condition());
    while (isNext("AND"));
  }
  let groupBy: string[] = [];
  if (isNext("GROUP")) {
    expect("BY");
    groupBy = names();
  }
  let orderBy: Selection["orderBy"];
  if (isNext("ORDER")) {
    expect("BY");
    const by = statistic();
    expect(")");
    orderBy = { stat: by, descending: !isNext("ASC") && isNext("DESC") };
  }
  let limit = MOST_SERIES;
  if (isNext("LIMIT")) limit = Math.min(MOST_SERIES, Number(identifier()));
  if (!Number.isInteger(limit) || limit < 1) throw new InvalidExpression("expected a number after LIMIT in the query");
  if (next().kind !== "end") throw new InvalidExpression(`expected the end of the query, got ${next().text}`);
  const isWanted: Selection["isWanted"] = (dimensions) => conditions.every((holds) => holds(dimensions));
  return { stat, name, namespace, schema, isWanted, groupBy, orderBy, limit };
}
