// Filter patterns over log messages: terms, quoted phrases, `?any`, `-not`, and `{ $.field = value }` over JSON.
// Source: CloudWatch Logs user guide, "Filter pattern syntax for metric filters, subscription filters, filter log events".
import { compileJsonPattern } from "./json-pattern.ts";
import { InvalidPattern } from "./pattern-error.ts";

export type Matches = (message: string) => boolean;

/** @throws InvalidPattern with what was expected */
export function compileFilterPattern(source: string): Matches {
  const pattern = source.trim();
  if (pattern === "") return () => true;
  if (pattern.startsWith("{")) return compileJsonPattern(pattern);
  if (pattern.startsWith("[")) {
    throw new InvalidPattern("patterns of space-delimited fields, [a, b], are not yet available in Sagebrush");
  }
  if (/(^|\s)%/.test(pattern)) {
    throw new InvalidPattern("regular expressions between % are not yet available in Sagebrush");
  }
  return compileTerms(pattern);
}

interface Terms {
  readonly all: string[];
  readonly any: string[];
  readonly none: string[];
}

function compileTerms(pattern: string): Matches {
  const terms: Terms = { all: [], any: [], none: [] };
  for (const found of pattern.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)) {
    const [, mark, quoted, word] = found;
    const text = quoted === undefined ? (word ?? "") : quoted.replace(/\\(.)/g, "$1");
    if (quoted === undefined && text.includes('"')) throw new InvalidPattern(`a quote is not closed in ${text}`);
    (mark === "?" ? terms.any : mark === "-" ? terms.none : terms.all).push(text);
  }
  const { all, any, none } = terms;
  // Beside other terms, those marked ? are ignored.
  const asksAny = any.length > 0 && all.length === 0 && none.length === 0;
  return (message) =>
    all.every((term) => message.includes(term)) &&
    !none.some((term) => message.includes(term)) &&
    (!asksAny || any.some((term) => message.includes(term)));
}
