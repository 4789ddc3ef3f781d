// Where the statements of a policy document stand in its text, as simulations give it: lines and columns from 1. A
// statement of a list starts where the one before it ended, or after the bracket; one without a list starts after its
// brace; each ends after its own brace (answers of AWS recorded in the AWS CLI's examples of simulate-custom-policy).
import type { Position } from "../../../../../contract/iam/types.ts";

export interface Span {
  readonly StartPosition: Position;
  readonly EndPosition: Position;
}

/** One span for each statement, in their order. The text is a policy document that has been compiled. */
export function statementSpans(text: string): readonly Span[] {
  const marks = structure(text);
  const open = marks.findIndex(({ depth, key }) => depth === 1 && key === "Statement");
  const first = marks[open + 1];
  if (open < 0 || !first) return [];
  const end = (from: number) =>
    marks.findIndex(({ depth, sign }, at) => at >= from && depth === 1 && "]}".includes(sign));
  const span = (start: number, stop: number): Span => ({
    StartPosition: positionAt(text, start),
    EndPosition: positionAt(text, stop),
  });
  if (first.sign === "{") return [span(first.at + 1, (marks[end(open + 1)]?.at ?? text.length) + 1)];
  const spans: Span[] = [];
  let start = first.at + 1;
  for (const { sign, depth, at } of marks.slice(open + 2, end(open + 1))) {
    if (sign !== "}" || depth !== 2) continue;
    spans.push(span(start, at + 1));
    start = at + 1;
  }
  return spans;
}

interface Mark {
  readonly sign: "{" | "}" | "[" | "]" | "";
  /** Of what is around it. */
  readonly depth: number;
  readonly at: number;
  /** Name of a member, for marks without a sign. */
  readonly key?: string;
}

/** Brackets and names of members outside of strings. */
function structure(text: string): readonly Mark[] {
  const marks: Mark[] = [];
  let depth = 0;
  for (const found of text.matchAll(/"((?:[^"\\]|\\.)*)"(\s*:)?|[{}[\]]/g)) {
    const [sign, key, colon] = found;
    if (key !== undefined) {
      if (colon !== undefined) marks.push({ sign: "", depth, at: found.index, key });
    } else if (sign === "{" || sign === "[") marks.push({ sign, depth: depth++, at: found.index });
    else marks.push({ sign: sign as "}" | "]", depth: --depth, at: found.index });
  }
  return marks;
}

function positionAt(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { Line: lines.length, Column: (lines.at(-1)?.length ?? 0) + 1 };
}
