// Walks over the tokens of a statement.
import { selectErrors } from "../errors.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** Parentheses, operators and calls inside each other; a statement of people's needs far fewer. */
const DEEPEST = 200;
/** Operators in one statement: each may be one step further down the tree. */
const MOST_OPERATORS = 2000;

export class TokenReader {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  #operators = 0;

  constructor(statement: string) {
    this.#tokens = tokensOf(statement);
  }

  get token(): Token {
    return this.#tokens[this.#next] as Token;
  }

  take(): Token {
    const { token } = this;
    if (token.kind !== "end") this.#next += 1;
    return token;
  }

  isWord(word: string, ahead = 0): boolean {
    const token = this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)];
    return token?.kind === "word" && token.text.toUpperCase() === word;
  }

  isSign(sign: string, ahead = 0): boolean {
    const token = this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)];
    return token?.kind === "sign" && token.text === sign;
  }

  takeWord(word: string): boolean {
    const isThere = this.isWord(word);
    if (isThere) this.#next += 1;
    return isThere;
  }

  takeSign(sign: string): boolean {
    const isThere = this.isSign(sign);
    if (isThere) this.#next += 1;
    return isThere;
  }

  /** @throws ApiError ParseUnexpectedToken */
  expectWord(word: string): void {
    if (!this.takeWord(word)) throw this.unexpected(word);
  }

  /** @throws ApiError ParseUnexpectedToken */
  expectSign(sign: string): void {
    if (!this.takeSign(sign)) throw this.unexpected(`"${sign}"`);
  }

  unexpected(wanted: string): Error {
    const { kind, text, at } = this.token;
    const found = kind === "end" ? "the end" : `"${text.slice(0, 40)}"`;
    return selectErrors.parse(
      `Unexpected token found in the SQL expression: ${wanted} expected, got ${found} at position ${at + 1}.`,
    );
  }

  /** Runs a part that may contain itself. @throws ApiError UnsupportedSqlStructure when it does so too often */
  inside<Part>(parse: () => Part): Part {
    this.#depth += 1;
    if (this.#depth > DEEPEST)
      throw selectErrors.unsupportedStructure(`The SQL expression is nested more than ${DEEPEST} deep.`);
    const part = parse();
    this.#depth -= 1;
    return part;
  }

  /** Takes an operator. @throws ApiError UnsupportedSqlStructure when there are too many */
  takeOperator(): string {
    this.#operators += 1;
    if (this.#operators > MOST_OPERATORS)
      throw selectErrors.unsupportedStructure(`The SQL expression has more than ${MOST_OPERATORS} operators.`);
    return this.take().text.toUpperCase();
  }
}
