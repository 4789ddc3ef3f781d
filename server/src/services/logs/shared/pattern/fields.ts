// `[ip, user, ..., status=4*, bytes>1000]`: conditions on the words of a message, by their place. Text between brackets
// or double quotes is one word. Without `...` the words have to be as many as the fields; a last field without a
// condition takes the rest.
import { Reader, readAny, readComparison, tokenize } from "./condition.ts";
import { InvalidPattern } from "./error.ts";
import type { FilterPattern } from "./pattern.ts";

const TOKEN = /\s*(?:\.\.\.|&&|\|\||!=|<=|>=|[[\](),=<>]|"(?:[^"\\]|\\.)*"|%[^%]*%|[^\s,[\]()=!<>&|"%]+)/y;
const NAME = /^[A-Za-z0-9_-]+$/;

interface Field {
  readonly name: string;
  readonly test?: (word: string) => boolean;
}

/** @throws InvalidPattern */
export function compileFieldsPattern(pattern: string): FilterPattern {
  const reader = new Reader(tokenize(pattern, TOKEN));
  reader.expect("[");
  const fields: (Field | "...")[] = [];
  do fields.push(readField(reader, fields.length));
  while (reader.takes(","));
  reader.expect("]");
  reader.expectEnd();
  const gap = fields.indexOf("...");
  if (fields.lastIndexOf("...") !== gap) throw new InvalidPattern("expected one ... at most, got several");
  const read = (message: string) => bind(fields, gap, message);
  const names = new Set(fields.flatMap((field) => (field === "..." ? [] : [`$${field.name}`])));
  return {
    matches: (message) => read(message) !== undefined,
    read(message) {
      const values = read(message);
      return values && { value: (selector) => values.get(selector), extracted: Object.fromEntries(values) };
    },
    selects: (selector) => names.has(selector) || (gap >= 0 && /^\$\d+$/.test(selector)),
    expressions: reader.expressions,
  };
}

function readField(reader: Reader, index: number): Field | "..." {
  if (reader.takes("...")) return "...";
  const next = reader.peek();
  if (next === "," || next === "]") return { name: String(index + 1) };
  const name = reader.peek(next === "(" ? 1 : 0) ?? "";
  if (!NAME.test(name))
    throw new InvalidPattern(`expected the name of a field, got ${next ?? "the end of the pattern"}`);
  const after = reader.peek(1);
  if (next !== "(" && (after === "," || after === "]")) {
    reader.next("a field");
    return { name };
  }
  const test = readAny<string>(reader, (one) => {
    const again = one.next("the name of the field");
    if (again.toLowerCase() !== name.toLowerCase()) {
      throw new InvalidPattern(`expected a condition on ${name}, got one on ${again}`);
    }
    return readComparison<string>(one, (word) =>
      word === "" || Number.isNaN(Number(word)) ? undefined : Number(word),
    );
  });
  return { name, test };
}

/** Values by selector, `$` and a name or a place from 1; undefined when the words do not fit. */
function bind(fields: readonly (Field | "...")[], gap: number, message: string): Map<string, string> | undefined {
  const words = wordsOf(message);
  const last = fields.at(-1);
  const takesRest = gap < 0 && last !== undefined && last !== "..." && last.test === undefined;
  const wanted = gap < 0 ? fields.length : fields.length - 1;
  if (words.length < wanted || (gap < 0 && !takesRest && words.length > wanted)) return undefined;
  const values = new Map<string, string>();
  const skipped = gap < 0 ? 0 : words.length - wanted;
  for (let at = 0; at < skipped; at++) values.set(`$${gap + at + 1}`, words[gap + at]?.text ?? "");
  for (const [index, field] of fields.entries()) {
    if (field === "...") continue;
    const word = words[gap >= 0 && index > gap ? index - 1 + skipped : index];
    if (!word || (field.test && !field.test(word.text))) return undefined;
    const isRest = takesRest && index === fields.length - 1 && words.length > wanted;
    values.set(`$${field.name}`, isRest ? message.slice(word.start).trimEnd() : word.text);
  }
  return values;
}

interface Word {
  readonly text: string;
  readonly start: number;
}

const CLOSING: Readonly<Record<string, string>> = { '"': '"', "[": "]" };

function wordsOf(message: string): Word[] {
  const words: Word[] = [];
  const space = /\s/g;
  const text = /\S/g;
  /** Kinds of brackets that are closed nowhere in the rest. */
  const open = new Set<string>();
  for (let at = 0; ; ) {
    text.lastIndex = at;
    const start = text.exec(message)?.index;
    if (start === undefined) return words;
    const opening = message[start] ?? "";
    const closing = open.has(opening) ? undefined : CLOSING[opening];
    const closed = closing === undefined ? -1 : message.indexOf(closing, start + 1);
    if (closed >= 0) {
      words.push({ text: message.slice(start + 1, closed), start });
      at = closed + 1;
      continue;
    }
    if (closing !== undefined) open.add(opening);
    space.lastIndex = start;
    at = space.exec(message)?.index ?? message.length;
    words.push({ text: message.slice(start, at), start });
  }
}
