// Tokens of Logs Insights queries, read when the parser asks for them: only it knows whether a slash divides or begins a
// regular expression.

export interface Token {
  readonly kind: "name" | "number" | "period" | "string" | "symbol" | "end";
  /** As it stands in the query; of a string what is within its quotes, of a name without backticks. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** In backticks, so it is no keyword. */
  readonly isQuoted?: true;
}

/** A query that cannot be read, and the place in characters. */
export class QueryProblem extends Error {
  override readonly name = "QueryProblem";
  readonly start: number;
  readonly end: number;
  constructor(message: string, { start, end }: { readonly start: number; readonly end: number }) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

const SPACE = /(?:\s+|#[^\n]*)*/y;
const PART = "(?:[A-Za-z0-9_@$]+|`[^`\\n]*`)";
const NAME = new RegExp(`(?:[A-Za-z_@$][A-Za-z0-9_@$]*|\`[^\`\\n]*\`)(?:\\.${PART}|\\[\\d+\\])*`, "y");
const NUMBER = /(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const UNIT = /[A-Za-z]+/y;
const SYMBOL = /=~|!=|<=|>=|[=<>()[\],|+\-*/%^]/y;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

export class Lexer {
  readonly source: string;
  #at = 0;
  #peeked: Token | undefined;
  /** End of the last token taken. */
  lastEnd = 0;

  constructor(source: string) {
    this.source = source;
  }

  peek(): Token {
    this.#peeked ??= this.#read();
    return this.#peeked;
  }

  next(): Token {
    const token = this.peek();
    this.#peeked = undefined;
    this.#at = token.kind === "end" ? token.start : this.#at;
    this.lastEnd = token.end;
    return token;
  }

  isKeyword(word: string): boolean {
    const token = this.peek();
    return token.kind === "name" && !token.isQuoted && token.text.toLowerCase() === word;
  }

  takesKeyword(word: string): boolean {
    if (!this.isKeyword(word)) return false;
    this.next();
    return true;
  }

  takesSymbol(text: string): boolean {
    const token = this.peek();
    if (token.kind !== "symbol" || token.text !== text) return false;
    this.next();
    return true;
  }

  expectSymbol(text: string): void {
    if (!this.takesSymbol(text)) throw this.unexpected(text);
  }

  unexpected(wanted: string): QueryProblem {
    const token = this.peek();
    const got = token.kind === "end" ? "the end of the query" : this.source.slice(token.start, token.end);
    return new QueryProblem(`expected ${wanted}, got ${got}`, token);
  }

  /** Whether `/…/` comes next, where the parser may have one. */
  isExpression(): boolean {
    return this.source[this.#peeked?.start ?? this.#skipSpace(this.#at)] === "/";
  }

  /** `/…/`, where the parser wants one: what is between the slashes. */
  takesExpression(): { readonly text: string; readonly start: number; readonly end: number } | undefined {
    const start = this.#peeked?.start ?? this.#skipSpace(this.#at);
    if (this.source[start] !== "/") return undefined;
    let at = start + 1;
    for (let isInClass = false; ; at++) {
      const character = this.source[at];
      if (character === undefined || character === "\n") {
        throw new QueryProblem("the regular expression is not closed by a slash", { start, end: at });
      }
      if (character === "\\") at++;
      else if (character === "[") isInClass = true;
      else if (character === "]") isInClass = false;
      else if (character === "/" && !isInClass) break;
    }
    this.#peeked = undefined;
    this.#at = at + 1;
    this.lastEnd = this.#at;
    return { text: this.source.slice(start + 1, at).replaceAll("\\/", "/"), start, end: this.#at };
  }

  #skipSpace(at: number): number {
    SPACE.lastIndex = at;
    SPACE.exec(this.source);
    return Math.max(SPACE.lastIndex, at);
  }

  #match(expression: RegExp, start: number): string | undefined {
    expression.lastIndex = start;
    return expression.exec(this.source)?.[0];
  }

  #read(): Token {
    const start = this.#skipSpace(this.#at);
    const first = this.source[start];
    if (first === undefined) return { kind: "end", text: "", start, end: start };
    if (first === '"' || first === "'") return this.#readString(start, first);
    const name = this.#match(NAME, start);
    if (name !== undefined) {
      const text = name.replaceAll("`", "").replace(/\[(\d+)\]/g, ".$1");
      return this.#taken("name", text, start, start + name.length, name.startsWith("`"));
    }
    const number = this.#match(NUMBER, start);
    if (number !== undefined) {
      const unit = this.#match(UNIT, start + number.length) ?? "";
      const end = start + number.length + unit.length;
      return this.#taken(unit === "" ? "number" : "period", number + unit, start, end);
    }
    const symbol = this.#match(SYMBOL, start);
    if (symbol !== undefined) return this.#taken("symbol", symbol, start, start + symbol.length);
    throw new QueryProblem(`unexpected character ${first}`, { start, end: start + 1 });
  }

  #readString(start: number, quote: string): Token {
    let text = "";
    for (let at = start + 1; at < this.source.length; at++) {
      const character = this.source[at] ?? "";
      if (character === quote) return this.#taken("string", text, start, at + 1);
      if (character !== "\\") {
        text += character;
        continue;
      }
      at++;
      const escaped = this.source[at] ?? "";
      text += ESCAPES[escaped] ?? (/["'\\]/.test(escaped) ? escaped : `\\${escaped}`);
    }
    throw new QueryProblem("the text is not closed by a quote", { start, end: this.source.length });
  }

  #taken(kind: Token["kind"], text: string, start: number, end: number, isQuoted = false): Token {
    this.#at = end;
    return { kind, text, start, end, ...(isQuoted ? { isQuoted: true } : {}) };
  }
}
