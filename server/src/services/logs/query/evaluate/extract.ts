// `parse`: fields out of a text, by a glob with stars or by the groups of a regular expression.

import { QueryProblem } from "../language/lexer.ts";
import { compileExpression as compileRegularExpression } from "../language/parse.ts";
import type { Command } from "../language/syntax.ts";
import { compileExpression } from "./compile.ts";
import type { Step } from "./stage.ts";
import { toText } from "./value.ts";

type Parse = Extract<Command, { kind: "parse" }>;

/** Texts of the names in their order; undefined where the text does not fit. */
type Reader = (text: string) => readonly (string | undefined)[] | undefined;

export function compileParse({ source, pattern, names }: Parse): Step {
  const value = compileExpression(source);
  const extract = "glob" in pattern ? globReader(pattern.glob) : expressionReader(pattern.expression, names, source);
  return (record) => {
    const text = toText(value(record));
    const found = text === undefined ? undefined : extract(text);
    for (const [index, name] of names.entries()) {
      const one = found?.[index];
      if (one !== undefined) record.set(name, one);
    }
    return true;
  };
}

/** What stands between the parts; they are looked for one after another, the first of them anywhere. */
function globReader(glob: string): Reader {
  const [first = "", ...parts] = glob.split("*");
  return (text) => {
    const start = text.indexOf(first);
    if (start < 0) return undefined;
    const found: string[] = [];
    let at = start + first.length;
    for (const [index, part] of parts.entries()) {
      const isLast = index === parts.length - 1;
      const end = part === "" ? (isLast ? text.length : at) : text.indexOf(part, at);
      if (end < 0) return undefined;
      found.push(text.slice(at, end));
      at = end + part.length;
    }
    return found;
  };
}

function expressionReader(text: string, names: readonly string[], place: { start: number; end: number }): Reader {
  const expression = compileRegularExpression(text, place);
  const groups = expression.names;
  const places = names.map((name, index) => (Object.hasOwn(groups, name) ? groups[name] : undefined) ?? index + 1);
  const missing = places.find((group) => group > expression.groupCount);
  if (missing !== undefined) {
    throw new QueryProblem(`expected ${missing} groups in the regular expression, got ${expression.groupCount}`, place);
  }
  return (subject) => {
    const groups = expression.groups(subject);
    return groups && places.map((group) => groups[group]);
  };
}
