// Numbers in log lines. Expressions come from users and meet every line of output, so they run on an engine that is
// linear in the line (RE2): no expression can hold up the server. RE2 knows no look-around and no back-references.
import { createRequire } from "node:module";
import type { UnitLog } from "./job-kind.ts";

/** The engine has tables of all Unicode: they are loaded with the first expression. */
const load = createRequire(import.meta.url);
const re2 = () => load("re2js") as typeof import("re2js");

type Definitions = NonNullable<UnitLog["metrics"]>["definitions"];

export interface Reading {
  readonly name: string;
  readonly value: number;
}

/** What is wrong with an expression, in words for its author; undefined when it can be used. */
export function patternProblem(pattern: string): string | undefined {
  const { RE2JS, RE2JSException } = re2();
  try {
    if (RE2JS.compile(pattern).groupCount() > 0) return undefined;
    return "it has no capture group around the number";
  } catch (cause) {
    if (cause instanceof RE2JSException) return cause.message;
    throw cause;
  }
}

/** Reads a line by each definition: its first capture group, when that is a finite number. */
export function createScraper(definitions: Definitions): (line: string) => readonly Reading[] {
  const compiled = definitions.map(({ name, pattern }) => ({ name, expression: re2().RE2JS.compile(pattern) }));
  return (line) => {
    const readings: Reading[] = [];
    for (const { name, expression } of compiled) {
      const matcher = expression.matcher(line);
      if (!matcher.find()) continue;
      const text = matcher.group(1);
      const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
      if (Number.isFinite(value)) readings.push({ name, value });
    }
    return readings;
  };
}
