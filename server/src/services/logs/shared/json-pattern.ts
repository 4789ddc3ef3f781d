// `{ $.user.id = 7 && ($.state != "ok*" || $.error NOT EXISTS) }`: a condition over messages that are JSON objects.
import { InvalidPattern } from "./pattern-error.ts";

type Test = (document: unknown) => boolean;

/** @throws InvalidPattern */
export function compileJsonPattern(pattern: string): (message: string) => boolean {
  const tokens = tokenize(pattern);
  const reader = new Reader(tokens);
  reader.expect("{");
  const test = readAny(reader);
  reader.expect("}");
  reader.expectEnd();
  return (message) => {
    const document = parse(message);
    return document !== undefined && test(document);
  };
}

function parse(message: string): unknown {
  if (!message.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(message);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return undefined;
  }
}

const TOKEN = /\s*(?:(\{|\}|\(|\)|&&|\|\||!=|<=|>=|=|<|>)|("(?:[^"\\]|\\.)*")|([^\s{}()=!<>&|"]+))/y;

function tokenize(pattern: string): string[] {
  const tokens: string[] = [];
  const text = pattern.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found) throw new InvalidPattern(`unexpected text: ${text.slice(at)}`);
    tokens.push((found[1] ?? found[2] ?? found[3]) as string);
  }
  return tokens;
}

class Reader {
  readonly #tokens: readonly string[];
  #at = 0;
  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }
  peek(): string | undefined {
    return this.#tokens[this.#at];
  }
  next(wanted: string): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new InvalidPattern(`expected ${wanted}, got the end of the pattern`);
    return token;
  }
  takes(token: string): boolean {
    if (this.peek()?.toUpperCase() !== token) return false;
    this.#at++;
    return true;
  }
  expect(token: string): void {
    const found = this.next(token);
    if (found.toUpperCase() !== token) throw new InvalidPattern(`expected ${token}, got ${found}`);
  }
  expectEnd(): void {
    const rest = this.peek();
    if (rest !== undefined) throw new InvalidPattern(`expected the end of the pattern, got ${rest}`);
  }
}

function readAny(reader: Reader): Test {
  const tests = [readAll(reader)];
  while (reader.takes("||")) tests.push(readAll(reader));
  return (document) => tests.some((test) => test(document));
}

function readAll(reader: Reader): Test {
  const tests = [readOne(reader)];
  while (reader.takes("&&")) tests.push(readOne(reader));
  return (document) => tests.every((test) => test(document));
}

function readOne(reader: Reader): Test {
  if (reader.takes("(")) {
    const test = readAny(reader);
    reader.expect(")");
    return test;
  }
  const select = compileSelector(reader.next("a selector such as $.name"));
  const operator = reader.next("an operator").toUpperCase();
  if (operator === "IS") return isTest(select, reader.next("NULL, TRUE or FALSE").toUpperCase());
  if (operator === "NOT") {
    reader.expect("EXISTS");
    return (document) => select(document) === undefined;
  }
  if (operator === "EXISTS") return (document) => select(document) !== undefined;
  return compareTest(select, operator, reader.next("a value"));
}

type Select = (document: unknown) => unknown;

/** `$.a.b[0]`, `$["a.b"]` without spaces. */
function compileSelector(source: string): Select {
  const steps = [...source.matchAll(/\.([\w-]+)|\[(\d+)\]|\['([^']*)'\]/g)];
  if (!source.startsWith("$") || `$${steps.map(([text]) => text).join("")}` !== source) {
    throw new InvalidPattern(`expected a selector such as $.name or $.list[0], got ${source}`);
  }
  const names = steps.map(([, name, index, quoted]) => name ?? index ?? quoted ?? "");
  return (document) => {
    let value = document;
    for (const name of names) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
      value = (value as Readonly<Record<string, unknown>>)[name];
    }
    return value;
  };
}

function isTest(select: Select, wanted: string): Test {
  const values: Readonly<Record<string, unknown>> = { NULL: null, TRUE: true, FALSE: false };
  if (!Object.hasOwn(values, wanted))
    throw new InvalidPattern(`expected IS NULL, IS TRUE or IS FALSE, got IS ${wanted}`);
  return (document) => select(document) === values[wanted];
}

const numberTests: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  "=": (value, limit) => value === limit,
  "!=": (value, limit) => value !== limit,
  "<": (value, limit) => value < limit,
  "<=": (value, limit) => value <= limit,
  ">": (value, limit) => value > limit,
  ">=": (value, limit) => value >= limit,
};

function compareTest(select: Select, operator: string, given: string): Test {
  const compare = Object.hasOwn(numberTests, operator) ? numberTests[operator] : undefined;
  if (!compare) throw new InvalidPattern(`expected one of ${Object.keys(numberTests).join(" ")}, got ${operator}`);
  const limit = Number(given);
  if (!given.startsWith('"') && !Number.isNaN(limit)) {
    return (document) => {
      const value = select(document);
      return typeof value === "number" && compare(value, limit);
    };
  }
  if (operator !== "=" && operator !== "!=")
    throw new InvalidPattern(`expected a number after ${operator}, got ${given}`);
  const matches = textTest(given.startsWith('"') ? given.slice(1, -1).replace(/\\(.)/g, "$1") : given);
  return (document) => {
    const value = select(document);
    if (value === undefined || typeof value === "object") return false;
    return matches(String(value)) === (operator === "=");
  };
}

/** `*` stands for any text. The parts are looked for one after another, so that no pattern is slow. */
function textTest(pattern: string): (text: string) => boolean {
  const parts = pattern.split("*");
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (parts.length === 1) return (text) => text === pattern;
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    const end = text.length - last.length;
    for (const part of parts.slice(1, -1)) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}
