// `%…%`: regular expressions of filter patterns.
// Source: CloudWatch Logs user guide, "Supported regular expressions (regex) syntax".
import { compileExpression as compile, InvalidExpression } from "../expressions.ts";
import { InvalidPattern } from "./error.ts";
import type { Matches } from "./pattern.ts";

const REFUSED = /[^A-Za-z0-9_:#=@/;,\-^$?[\]{}|\\*+. ]/u;

/** The text is given with its percent signs. @throws InvalidPattern */
export function compileExpression(source: string): Matches {
  const text = source.slice(1, -1);
  if (text === "") throw new InvalidPattern("expected a regular expression between the percent signs, got nothing");
  const refused = REFUSED.exec(text)?.[0];
  if (refused !== undefined) {
    throw new InvalidPattern(`${refused} is not supported in a regular expression, got %${text}%`);
  }
  try {
    return compile(text).finds;
  } catch (cause) {
    if (!(cause instanceof InvalidExpression)) throw cause;
    throw new InvalidPattern(`the regular expression %${text}% cannot be read: ${cause.message}`);
  }
}
