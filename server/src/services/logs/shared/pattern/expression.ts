// `%…%`: regular expressions of filter patterns. They run on RE2, which takes time linear in the message.
// Source: CloudWatch Logs user guide, "Supported regular expressions (regex) syntax".
import { RE2JS, RE2JSException } from "re2js";
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
    const expression = RE2JS.compile(text);
    return (message) => expression.matcher(message).find();
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause;
    throw new InvalidPattern(`the regular expression %${text}% cannot be read: ${cause.message}`);
  }
}
