// `{ $.user.id = 7 && ($.state != "ok*" || $.error NOT EXISTS) }`: a condition over messages that are JSON objects.
// A selector that names a list or an object has no value; `[*]` and `.*` stand for any element or member.
import { Reader, readAny, readComparison, tokenize } from "./condition.ts";
import { InvalidPattern } from "./error.ts";
import type { FilterPattern, Match } from "./pattern.ts";

type Test = (document: unknown) => boolean;

const STEP = /\.([\w-]+|\*)|\.?\[(?:(\d+|\*)|"([^"]*)"|'([^']*)')\]/g;
const TOKEN =
  /\s*(?:\$(?:\.[\w-]+|\.\*|\.?\[(?:\d+|\*|"[^"]*"|'[^']*')\])*(?![^\s{}()=!<>&|])|&&|\|\||!=|<=|>=|[{}()=<>]|"(?:[^"\\]|\\.)*"|%[^%]*%|[^\s{}()=!<>&|"]+)/y;

/** @throws InvalidPattern */
export function compileJsonPattern(pattern: string): FilterPattern {
  const reader = new Reader(tokenize(pattern, TOKEN));
  const named = new Map<string, Select>();
  reader.expect("{");
  const test = readAny<unknown>(reader, (one) => readOne(one, named));
  reader.expect("}");
  reader.expectEnd();
  const found = (message: string): unknown => {
    const document = parse(message);
    return document !== undefined && test(document) ? document : undefined;
  };
  return {
    matches: (message) => found(message) !== undefined,
    read(message) {
      const document = found(message);
      return document === undefined ? undefined : matchOf(document, named);
    },
    selects: isSelector,
    expressions: reader.expressions,
  };
}

function matchOf(document: unknown, named: ReadonlyMap<string, Select>): Match {
  const value = (selector: string) => textOf((named.get(selector) ?? compileSelector(selector))(document)[0]);
  const extracted: Record<string, string> = {};
  for (const selector of named.keys()) {
    const text = value(selector);
    if (text !== undefined) extracted[selector] = text;
  }
  return { value, extracted };
}

const textOf = (value: unknown): string | undefined =>
  value === undefined || value === null || typeof value === "object" ? undefined : String(value);

function parse(message: string): unknown {
  if (!message.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(message);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return undefined;
  }
}

function readOne(reader: Reader, named: Map<string, Select>): Test {
  const selector = reader.next("a selector such as $.name");
  const select = compileSelector(selector);
  named.set(selector, select);
  const word = reader.peek()?.toUpperCase();
  if (word === "NOT") {
    reader.expect("NOT");
    reader.expect("EXISTS");
    return (document) => select(document).length === 0;
  }
  if (word === "IS") {
    reader.expect("IS");
    return isTest(select, reader.next("NULL, TRUE or FALSE").toUpperCase());
  }
  const test = readComparison<unknown>(reader, (value) => (typeof value === "number" ? value : undefined));
  return (document) => select(document).some((value) => typeof value !== "object" && test(value));
}

/** The values that a selector names: one at most, unless it has a wildcard. */
type Select = (document: unknown) => readonly unknown[];

const isSelector = (source: string): boolean => `$${stepsOf(source).join("")}` === source;
const stepsOf = (source: string): string[] => [...source.matchAll(STEP)].map(([text]) => text);

function compileSelector(source: string): Select {
  if (!isSelector(source)) {
    throw new InvalidPattern(`expected a selector such as $.name or $.list[0], got ${source}`);
  }
  const steps = [...source.matchAll(STEP)];
  const names = steps.map(([, name, index, double, single]) => name ?? index ?? double ?? single ?? "");
  return (document) => {
    let values: readonly unknown[] = [document];
    for (const name of names) values = values.flatMap((value) => membersOf(value, name));
    return values;
  };
}

function membersOf(value: unknown, name: string): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if (name === "*") return Object.values(value);
  return Object.hasOwn(value, name) ? [(value as Readonly<Record<string, unknown>>)[name]] : [];
}

function isTest(select: Select, wanted: string): Test {
  const values: Readonly<Record<string, unknown>> = { NULL: null, TRUE: true, FALSE: false };
  if (!Object.hasOwn(values, wanted))
    throw new InvalidPattern(`expected IS NULL, IS TRUE or IS FALSE, got IS ${wanted}`);
  return (document) => select(document).includes(values[wanted]);
}
