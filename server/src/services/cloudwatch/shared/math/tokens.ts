// The words of an expression: numbers, names, quoted texts and operators.
import { InvalidExpression } from "./values.ts";

export interface Token {
  readonly kind: "number" | "name" | "text" | "sign" | "end";
  readonly text: string;
}

const END: Token = { kind: "end", text: "the end" };

const TOKEN =
  /\s*(?:(\d[\d.]*(?:[eE][+-]?\d+)?|\.\d[\d.]*(?:[eE][+-]?\d+)?)|(\w+)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(==|!=|<=|>=|&&|\|\||[-+*/^()[\],<>])|(\S))/gy;

/** Takes time linear in the text. @throws InvalidExpression for what begins no token */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const [, number, name, double, single, sign, other] of source.matchAll(TOKEN)) {
    if (other !== undefined) throw new InvalidExpression(`expected a number, an id or an operator, got ${other}`);
    const text = double ?? single;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    // SEARCH has escapes of its own: they stay.
    else if (text !== undefined) tokens.push({ kind: "text", text });
    else tokens.push({ kind: "sign", text: sign ?? "" });
  }
  tokens.push(END);
  return tokens;
}
