// Expressions of metric queries: `100 * errors / (m1 + m2)`, `SUM(METRICS("errors"))`. Compiled to the order of working
// them out: operands first, then what is done with them.
// Source: CloudWatch user guide, "Using metric math".
import type { MathFunction } from "./function.ts";
import { mathFunction } from "./functions.ts";
import { negative, pairwise } from "./operators.ts";
import { type Token, tokensOf } from "./tokens.ts";
import { InvalidExpression, type Value } from "./values.ts";

/** A value, the id of a query, or what is done with so many values before it. */
export type Step =
  | { readonly value: Value }
  | { readonly id: string }
  | { readonly name: string; readonly takes: number; readonly of: MathFunction };

export interface Expression {
  /** In the order they are worked out. */
  readonly steps: readonly Step[];
  /** Of the queries it names. */
  readonly ids: ReadonlySet<string>;
}

/** Parentheses, functions and signs within each other; the parser goes one call deeper for each. */
const MAX_DEPTH = 100;

const words = new Set(["AVG", "MIN", "MAX", "SUM", "ASC", "DESC", "REPEAT", "LINEAR"]);

const truth = (value: number): boolean => value !== 0;
const bit = (value: boolean): number => (value ? 1 : 0);
const either = pairwise("OR", (one, other) => bit(truth(one) || truth(other)));
const both = pairwise("AND", (one, other) => bit(truth(one) && truth(other)));

const operators: Readonly<Record<string, { readonly binds: number; readonly of: MathFunction }>> = {
  OR: { binds: 1, of: either },
  "||": { binds: 1, of: either },
  AND: { binds: 2, of: both },
  "&&": { binds: 2, of: both },
  "==": { binds: 3, of: pairwise("==", (one, other) => bit(one === other)) },
  "!=": { binds: 3, of: pairwise("!=", (one, other) => bit(one !== other)) },
  "<": { binds: 3, of: pairwise("<", (one, other) => bit(one < other)) },
  "<=": { binds: 3, of: pairwise("<=", (one, other) => bit(one <= other)) },
  ">": { binds: 3, of: pairwise(">", (one, other) => bit(one > other)) },
  ">=": { binds: 3, of: pairwise(">=", (one, other) => bit(one >= other)) },
  "+": { binds: 4, of: pairwise("+", (one, other) => one + other) },
  "-": { binds: 4, of: pairwise("-", (one, other) => one - other) },
  "*": { binds: 5, of: pairwise("*", (one, other) => one * other) },
  "/": { binds: 5, of: pairwise("/", (one, other) => one / other) },
  "^": { binds: 6, of: pairwise("^", (one, other) => one ** other) },
};

const array: MathFunction = (args) =>
  args.flatMap((value) => {
    if (typeof value === "object" && "times" in value) return [value];
    if (Array.isArray(value)) return value;
    throw new InvalidExpression("an array must hold time series");
  });

/** `isId`: whether a query has this id. Takes time linear in the text. @throws InvalidExpression */
export function parse(source: string, isId: (id: string) => boolean): Expression {
  return new Parser(tokensOf(source), isId).expression();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #isId: (id: string) => boolean;
  readonly #steps: Step[] = [];
  readonly #ids = new Set<string>();
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], isId: (id: string) => boolean) {
    this.#tokens = tokens;
    this.#isId = isId;
  }

  expression(): Expression {
    this.#chain(1);
    if (this.#next().kind !== "end") throw new InvalidExpression(`expected an operator, got ${this.#next().text}`);
    return { steps: this.#steps, ids: this.#ids };
  }

  /** Operators that bind at least this strongly, from left to right. */
  #chain(binds: number): void {
    this.#operand();
    for (;;) {
      const { kind, text } = this.#next();
      const operator = kind !== "text" && Object.hasOwn(operators, text) ? operators[text] : undefined;
      if (!operator || operator.binds < binds) return;
      this.#at++;
      this.#chain(operator.binds + 1);
      this.#steps.push({ name: text, takes: 2, of: operator.of });
    }
  }

  #operand(): void {
    const token = this.#take();
    if (token.kind === "number") this.#steps.push({ value: numberOf(token.text) });
    else if (token.kind === "text") this.#steps.push({ value: { text: token.text } });
    else if (token.kind === "name") this.#named(token.text);
    else if (token.text === "-") {
      this.#deeper(() => this.#operand());
      this.#steps.push({ name: "-", takes: 1, of: negative });
    } else if (token.text === "(") {
      this.#deeper(() => this.#chain(1));
      this.#expect(")");
    } else if (token.text === "[") {
      this.#steps.push({ name: "[]", takes: this.#list("]"), of: array });
    } else throw new InvalidExpression(`expected a number or an id, got ${token.text}`);
  }

  #named(name: string): void {
    if (this.#isSign("(")) {
      this.#at++;
      const of = mathFunction(name);
      this.#steps.push({ name, takes: this.#list(")"), of });
    } else if (this.#isId(name)) {
      this.#steps.push({ id: name });
      this.#ids.add(name);
    } else if (words.has(name)) this.#steps.push({ value: { word: name } });
    else throw new InvalidExpression(`expected a number or the id of a query, got ${name}`);
  }

  /** What stands between commas up to the closing sign; how many. */
  #list(end: string): number {
    if (this.#isSign(end)) {
      this.#at++;
      return 0;
    }
    for (let count = 1; ; count++) {
      this.#deeper(() => this.#chain(1));
      if (!this.#isSign(",")) {
        this.#expect(end);
        return count;
      }
      this.#at++;
    }
  }

  #deeper(what: () => void): void {
    if (++this.#depth > MAX_DEPTH)
      throw new InvalidExpression(`expected at most ${MAX_DEPTH} levels of parentheses and signs`);
    what();
    this.#depth--;
  }

  #next(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #take(): Token {
    const token = this.#next();
    if (token.kind !== "end") this.#at++;
    return token;
  }

  #isSign(sign: string): boolean {
    return this.#next().kind === "sign" && this.#next().text === sign;
  }

  #expect(sign: string): void {
    if (!this.#isSign(sign)) throw new InvalidExpression(`expected ${sign}`);
    this.#at++;
  }
}

function numberOf(token: string): number {
  const value = Number(token);
  if (Number.isNaN(value)) throw new InvalidExpression(`expected a number, got ${token}`);
  return value;
}
