// Words, numbers, texts and signs of a statement of S3 Select.
import { selectErrors } from "../errors.ts";

export interface Token {
  readonly kind: "word" | "quoted" | "number" | "string" | "sign" | "end";
  /** Without quotes; a word as it was written. */
  readonly text: string;
  /** Where it begins, in UTF-16 units. */
  readonly at: number;
}

const patterns: readonly (readonly [Token["kind"] | "space", RegExp])[] = [
  ["space", /\s+|--[^\n]*/y],
  ["number", /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y],
  ["string", /'(?:[^']|'')*'/y],
  ["quoted", /"(?:[^"]|"")*"/y],
  ["word", /[A-Za-z_$][A-Za-z0-9_$]*/y],
  ["sign", /<=|>=|<>|!=|\|\||[-+*/%=<>(),.[\]]/y],
];

/** @throws ApiError LexerInvalidChar */
export function tokensOf(statement: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < statement.length) {
    const found = nextMatch(statement, at);
    if (found === undefined)
      throw selectErrors.lexer(`The SQL expression contains an invalid character at position ${at + 1}.`);
    const [kind, text] = found;
    if (kind !== "space") tokens.push({ kind, text: unquoted(kind, text), at });
    at += text.length;
  }
  return [...tokens, { kind: "end", text: "", at }];
}

function nextMatch(statement: string, at: number): readonly [Token["kind"] | "space", string] | undefined {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const match = pattern.exec(statement);
    if (match !== null) return [kind, match[0]];
  }
  return undefined;
}

function unquoted(kind: Token["kind"], text: string): string {
  if (kind === "string") return text.slice(1, -1).replaceAll("''", "'");
  if (kind === "quoted") return text.slice(1, -1).replaceAll('""', '"');
  return text;
}
