// JSON read token by token, with the column that AWS names in its errors: patterns are refused where their reading ended
// (seen in recorded answers of EventBridge and SNS; the columns are those of the Jackson library, which reads one token
// ahead of a name and leaves a string behind its opening quote until its text is asked for).

/** A text that is no event pattern; the message says why and where, in AWS's words. */
export class InvalidPattern extends Error {
  override readonly name = "InvalidPattern";
  /** Whether the text is no JSON at all; the place is left out then. */
  readonly syntax?: { readonly message: string; readonly place: string };
  constructor(message: string, syntax?: { readonly message: string; readonly place: string }) {
    super(message);
    if (syntax) this.syntax = syntax;
  }
}

export type TokenType = "{" | "}" | "[" | "]" | "name" | "string" | "number" | "true" | "false" | "null" | "end";

interface Token {
  readonly type: TokenType;
  readonly start: number;
  readonly end: number;
}

/** As many characters of a text are shown in errors. */
const SHOWN = 500;
/** As deep as AWS reads JSON (Jackson's limit). */
const MOST_LEVELS = 1000;
const EXPECTED_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

export class Tokens {
  readonly #text: string;
  readonly #open: ("{" | "[")[] = [];
  #token: Token = { type: "end", start: 0, end: 0 };
  #ahead: Token | undefined;
  /** Where reading stands. */
  #at = 0;
  #isStarted = false;
  /** Whether nothing has been read yet of what is open. */
  #isFirst = true;

  constructor(text: string) {
    this.#text = text;
  }

  get type(): TokenType {
    return this.#token.type;
  }

  /** Moves on. @throws InvalidPattern */
  next(): TokenType {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    this.#token = ahead ?? this.#scan();
    // Of a name the value behind it has been begun.
    const begun: Token = this.#ahead ?? this.#token;
    this.#at = begun.type === "string" ? begun.start + 1 : begun.end;
    return this.#token.type;
  }

  /** The name, the string, or the number as it is written. @throws InvalidPattern */
  text(): string {
    const { type, start, end } = this.#token;
    if (this.#ahead === undefined) this.#at = end;
    const source = this.#text.slice(start, end);
    if (type !== "name" && type !== "string") return source;
    try {
      return JSON.parse(source) as string;
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw this.#syntax(`Unrecognized character escape in ${source}`, end);
    }
  }

  /** An error of what the pattern says, with the place where reading stands; some errors of AWS say it twice. */
  error(message: string, twice = false): InvalidPattern {
    const place = `\n at [Source: (String)${this.#shown()}; ${this.#place(this.#at)}]`;
    return new InvalidPattern(`${message}${place}${twice ? place : ""}`);
  }

  #syntax(message: string, at: number): InvalidPattern {
    const place = this.#place(at);
    const text = `${message}\n at [Source: (String)${this.#shown()}; ${place}]`;
    return new InvalidPattern(text, { message, place });
  }

  #shown(): string {
    const more = this.#text.length - SHOWN;
    return more > 0 ? `"${this.#text.slice(0, SHOWN)}"[truncated ${more} chars]` : `"${this.#text}"`;
  }

  #place(at: number): string {
    const before = this.#text.slice(0, at);
    return `line: ${before.split("\n").length}, column: ${at - before.lastIndexOf("\n")}`;
  }

  #skipSpace(from: number): number {
    let at = from;
    while (/[ \t\r\n]/.test(this.#text[at] ?? "")) at++;
    return at;
  }

  #scan(): Token {
    let at = this.#skipSpace(this.#token.end);
    const inside = this.#open.at(-1);
    if (inside === undefined) {
      if (this.#isStarted) return this.#end(at);
      this.#isStarted = true;
      return this.#value(at);
    }
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    const closing = inside === "{" ? "}" : "]";
    if (this.#text[at] === closing) {
      this.#open.pop();
      return { type: closing, start: at, end: at + 1 };
    }
    if (!isFirst) {
      const entries = inside === "{" ? "Object" : "Array";
      if (this.#text[at] !== ",") throw this.#unexpected(at, `was expecting comma to separate ${entries} entries`);
      at = this.#skipSpace(at + 1);
    }
    return inside === "{" ? this.#name(at) : this.#value(at);
  }

  #end(at: number): Token {
    if (at < this.#text.length) throw this.#unexpected(at, "was expecting the end of the text");
    return { type: "end", start: at, end: at };
  }

  #name(at: number): Token {
    if (this.#text[at] !== '"') throw this.#unexpected(at, "was expecting double-quote to start field name");
    const end = this.#stringEnd(at);
    const colon = this.#skipSpace(end);
    if (this.#text[colon] !== ":") {
      throw this.#unexpected(colon, "was expecting a colon to separate field name and value");
    }
    this.#ahead = this.#value(this.#skipSpace(colon + 1));
    return { type: "name", start: at, end };
  }

  #value(at: number): Token {
    const char = this.#text[at];
    if (char === "{" || char === "[") {
      if (this.#open.length >= MOST_LEVELS) throw this.#syntax(`Nested deeper than ${MOST_LEVELS} levels`, at);
      this.#open.push(char);
      this.#isFirst = true;
      return { type: char, start: at, end: at + 1 };
    }
    if (char === '"') return { type: "string", start: at, end: this.#stringEnd(at) };
    const number = this.#match(at, /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (number !== "") return { type: "number", start: at, end: at + number.length };
    const word = this.#match(at, /[\w$]+/y);
    const end = at + word.length;
    if (word === "true" || word === "false" || word === "null") return { type: word, start: at, end };
    if (word !== "") throw this.#syntax(`Unrecognized token '${word}': was expecting ${EXPECTED_VALUE}`, end);
    throw this.#unexpected(at, `expected a valid value ${EXPECTED_VALUE}`);
  }

  #match(at: number, pattern: RegExp): string {
    pattern.lastIndex = at;
    return pattern.exec(this.#text)?.[0] ?? "";
  }

  #stringEnd(start: number): number {
    let at = start + 1;
    while (at < this.#text.length && this.#text[at] !== '"') at += this.#text[at] === "\\" ? 2 : 1;
    if (at < this.#text.length) return at + 1;
    throw this.#syntax("Unexpected end-of-input: was expecting closing quote for a string value", at);
  }

  #unexpected(at: number, expected: string): InvalidPattern {
    const char = this.#text[at];
    if (char === undefined) return this.#syntax(`Unexpected end-of-input: ${expected}`, at);
    return this.#syntax(`Unexpected character ('${char}' (code ${char.codePointAt(0)})): ${expected}`, at);
  }
}
