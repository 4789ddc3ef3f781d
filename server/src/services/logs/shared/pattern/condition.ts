// Conditions on values, joined by && and ||: what patterns over JSON and over fields have in common.
import { InvalidPattern } from "./error.ts";
import { compileExpression } from "./expression.ts";

/** Tokens of a pattern, one after another. */
export class Reader {
  readonly #tokens: readonly string[];
  #at = 0;
  /** Regular expressions taken so far. */
  expressions = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }
  peek(ahead = 0): string | undefined {
    return this.#tokens[this.#at + ahead];
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

/** Splits by a sticky expression whose every match is one token. @throws InvalidPattern */
export function tokenize(pattern: string, token: RegExp): string[] {
  const tokens: string[] = [];
  const text = pattern.trimEnd();
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const found = token.exec(text);
    if (!found) throw new InvalidPattern(`unexpected text: ${text.slice(at)}`);
    tokens.push(found[0].trimStart());
  }
  return tokens;
}

/** `a && b || (c)`: && binds closer. `readOne` reads what is neither joined nor in parentheses. */
export function readAny<Subject>(
  reader: Reader,
  readOne: (reader: Reader) => (subject: Subject) => boolean,
): (subject: Subject) => boolean {
  const readGroup = (): ((subject: Subject) => boolean) => {
    if (!reader.takes("(")) return readOne(reader);
    const test = readAny(reader, readOne);
    reader.expect(")");
    return test;
  };
  const readAll = () => {
    const tests = [readGroup()];
    while (reader.takes("&&")) tests.push(readGroup());
    return (subject: Subject) => tests.every((test) => test(subject));
  };
  const tests = [readAll()];
  while (reader.takes("||")) tests.push(readAll());
  return (subject) => tests.some((test) => test(subject));
}

const numberTests: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  "=": (value, limit) => value === limit,
  "!=": (value, limit) => value !== limit,
  "<": (value, limit) => value < limit,
  "<=": (value, limit) => value <= limit,
  ">": (value, limit) => value > limit,
  ">=": (value, limit) => value >= limit,
};

/** Reads `operator value`. Where a number is compared, `numberOf` says which values are numbers. */
export function readComparison<Value>(
  reader: Reader,
  numberOf: (value: Value) => number | undefined,
): (value: Value) => boolean {
  const operator = reader.next("an operator");
  const compare = Object.hasOwn(numberTests, operator) ? numberTests[operator] : undefined;
  if (!compare) throw new InvalidPattern(`expected one of ${Object.keys(numberTests).join(" ")}, got ${operator}`);
  const given = reader.next("a value");
  const limit = Number(given);
  if (/^[^"%]/.test(given) && !Number.isNaN(limit)) {
    return (value) => {
      const number = numberOf(value);
      return number !== undefined && compare(number, limit);
    };
  }
  if (operator !== "=" && operator !== "!=") {
    throw new InvalidPattern(`expected a number after ${operator}, got ${given}`);
  }
  const isEqual = readText(reader, given);
  return (value) => isEqual(String(value)) === (operator === "=");
}

function readText(reader: Reader, given: string): (text: string) => boolean {
  if (/^[\])}(,=]|^[&|]{2}/.test(given)) throw new InvalidPattern(`expected a value, got ${given}`);
  if (!given.startsWith("%")) return wildcardTest(given.startsWith('"') ? unquoted(given) : given);
  reader.expressions++;
  return compileExpression(given);
}

export const unquoted = (text: string): string => text.slice(1, -1).replace(/\\(.)/g, "$1");

/** `*` stands for any text. The parts are looked for one after another, so that no pattern is slow. */
function wildcardTest(pattern: string): (text: string) => boolean {
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
