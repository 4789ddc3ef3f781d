// Filter patterns over log messages: terms, quoted phrases, `%expressions%`, `?any`, `-not`; `{ … }` over JSON; `[ … ]`
// over words. Source: CloudWatch Logs user guide, "Filter pattern syntax for metric filters, subscription filters,
// filter log events, and Live Tail".
import { unquoted } from "./condition.ts";
import { InvalidPattern } from "./error.ts";
import { compileExpression } from "./expression.ts";
import { compileFieldsPattern } from "./fields.ts";
import { compileJsonPattern } from "./json.ts";
import { type FilterPattern, type Matches, withoutValues } from "./pattern.ts";

/** Regular expressions in one pattern over JSON or fields (user guide, quotas of regular expressions). */
const MAX_EXPRESSIONS = 2;

/** @throws InvalidPattern with what was expected */
export function compileFilterPattern(source: string): FilterPattern {
  const pattern = source.trim();
  if (pattern === "") return withoutValues(() => true, 0);
  if (!/^[{[]/.test(pattern)) return compileTerms(pattern);
  const compiled = pattern.startsWith("{") ? compileJsonPattern(pattern) : compileFieldsPattern(pattern);
  if (compiled.expressions > MAX_EXPRESSIONS) {
    throw new InvalidPattern(`expected at most ${MAX_EXPRESSIONS} regular expressions, got ${compiled.expressions}`);
  }
  return compiled;
}

const TERM = /([?-]?)("(?:[^"\\]|\\.)*"|%[^%]*%|\S+)/g;

function compileTerms(pattern: string): FilterPattern {
  const all: Matches[] = [];
  const any: Matches[] = [];
  const none: Matches[] = [];
  let expressions = 0;
  for (const [, mark, term = ""] of pattern.matchAll(TERM)) {
    if (term.length > 1 && term.startsWith("%") && term.endsWith("%")) expressions++;
    (mark === "?" ? any : mark === "-" ? none : all).push(compileTerm(term));
  }
  // Beside other terms, those marked ? are ignored.
  const asksAny = any.length > 0 && all.length === 0 && none.length === 0;
  return withoutValues(
    (message) =>
      all.every((test) => test(message)) &&
      !none.some((test) => test(message)) &&
      (!asksAny || any.some((test) => test(message))),
    expressions,
  );
}

function compileTerm(term: string): Matches {
  if (term.startsWith("%")) {
    if (term.length === 1 || !term.endsWith("%")) throw new InvalidPattern(`a percent sign is not closed in ${term}`);
    return compileExpression(term);
  }
  if (/^".*"$/s.test(term) && term.length > 1) return contains(unquoted(term));
  if (term.includes('"')) throw new InvalidPattern(`a quote is not closed in ${term}`);
  return contains(term);
}

// `" "` finds every message (user guide, "Match everything").
const contains = (text: string): Matches => (text.trim() === "" ? () => true : (message) => message.includes(text));
