// Patterns of policies: `*` any text, `?` one character, `${key}` a policy variable. Matched without regular
// expressions, so that a hostile pattern costs at most pattern length × text length.

/** Values of a condition key of the request, undefined when the request has no such key. Keys come in lower case. */
export type Lookup = (key: string) => readonly string[] | undefined;

const STAR = -1;
const ONE = -2;

type Part = readonly number[] | { readonly variable: string; readonly fallback: string | undefined };

export interface Pattern {
  /** False also when the pattern needs a policy variable that the request lacks or has several values of. */
  matches(text: string, lookup: Lookup): boolean;
}

const everything: Pattern = { matches: () => true };

/** `variables`: whether `${…}` is replaced (policies of version 2012-10-17). `ignoreCase`: actions and vendors. */
export function compilePattern(
  source: string,
  options: { readonly variables: boolean; readonly ignoreCase?: boolean; readonly literal?: boolean },
): Pattern {
  if (source === "*" && !options.literal) return everything;
  const text = options.ignoreCase ? source.toLowerCase() : source;
  if (!options.variables || !text.includes("${")) return fixedPattern(text, options);
  const parts = parseParts(text, options.literal ?? false);
  return {
    matches(candidate, lookup) {
      const codes = substitute(parts, lookup);
      return codes !== undefined && matchesCodes(codes, options.ignoreCase ? candidate.toLowerCase() : candidate);
    },
  };
}

function fixedPattern(text: string, options: { readonly ignoreCase?: boolean; readonly literal?: boolean }): Pattern {
  const fold = (candidate: string) => (options.ignoreCase ? candidate.toLowerCase() : candidate);
  const wild = options.literal ? -1 : text.search(/[*?]/);
  if (wild < 0) return { matches: (candidate) => fold(candidate) === text };
  if (wild === text.length - 1 && text.endsWith("*")) {
    const prefix = text.slice(0, -1);
    return { matches: (candidate) => fold(candidate).startsWith(prefix) };
  }
  const codes = codesOf(text, false);
  return { matches: (candidate) => matchesCodes(codes, fold(candidate)) };
}

function codesOf(text: string, literal: boolean): number[] {
  const codes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    codes.push(literal ? code : code === 42 ? STAR : code === 63 ? ONE : code);
  }
  return codes;
}

/** `${*}`, `${?}` and `${$}` stand for the characters themselves; `${key, 'text'}` has a default. */
function parseParts(text: string, literal: boolean): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const found of text.matchAll(/\$\{([^}]*)\}/g)) {
    parts.push(codesOf(text.slice(at, found.index), literal));
    const inner = (found[1] ?? "").trim();
    if (inner === "*" || inner === "?" || inner === "$") parts.push(codesOf(inner, true));
    else parts.push(variableOf(inner));
    at = found.index + found[0].length;
  }
  parts.push(codesOf(text.slice(at), literal));
  return parts;
}

/** `key` or `key, 'text'`. Cut at the comma: one expression for both would take the square of a policy full of spaces. */
function variableOf(inner: string): Part {
  const comma = inner.indexOf(",");
  const fallback = comma < 1 ? undefined : /^\s*'([^']*)'$/.exec(inner.slice(comma + 1))?.[1];
  const name = fallback === undefined ? inner : inner.slice(0, comma).trim();
  return { variable: name.toLowerCase(), fallback };
}

function substitute(parts: readonly Part[], lookup: Lookup): readonly number[] | undefined {
  const codes: number[] = [];
  for (const part of parts) {
    if ("variable" in part) {
      const values = lookup(part.variable);
      const value = values?.length === 1 ? values[0] : part.fallback;
      if (value === undefined) return undefined;
      codes.push(...codesOf(value, true));
    } else codes.push(...part);
  }
  return codes;
}

/** Greedy matching that goes back to the last star only. */
function matchesCodes(pattern: readonly number[], text: string): boolean {
  let at = 0;
  let position = 0;
  let star = -1;
  let resume = 0;
  while (position < text.length) {
    const code = pattern[at];
    if (code === STAR) {
      star = at++;
      resume = position;
    } else if (code === ONE || (code !== undefined && code === text.charCodeAt(position))) {
      at++;
      position++;
    } else if (star >= 0) {
      at = star + 1;
      position = ++resume;
    } else return false;
  }
  while (pattern[at] === STAR) at++;
  return at === pattern.length;
}
