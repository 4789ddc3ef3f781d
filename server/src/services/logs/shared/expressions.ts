// Regular expressions of callers. They meet every line of a log, so they run on RE2, which takes time linear in the line.
import { createRequire } from "node:module";
import type { RE2JS } from "re2js";

/** The engine has tables of all Unicode: they are loaded with the first expression. */
const load = createRequire(import.meta.url);

export interface Expression {
  /** Whether it is found anywhere in the text. */
  finds(text: string): boolean;
  /** Texts of its groups where it is first found, the whole at 0; undefined where it is not. */
  groups(text: string): readonly (string | undefined)[] | undefined;
  readonly groupCount: number;
  /** Places of groups that have names. */
  readonly names: Readonly<Record<string, number>>;
}

/** An expression that RE2 does not take, with its reason. */
export class InvalidExpression extends Error {
  override readonly name = "InvalidExpression";
}

/** @throws InvalidExpression */
export function compileExpression(source: string): Expression {
  const expression = compiled(source);
  const groupCount = expression.groupCount();
  return {
    finds: (text) => expression.matcher(text).find(),
    groups(text) {
      const matcher = expression.matcher(text);
      if (!matcher.find()) return undefined;
      return Array.from({ length: groupCount + 1 }, (_, group) => matcher.group(group) ?? undefined);
    },
    groupCount,
    names: expression.namedGroups(),
  };
}

function compiled(source: string): RE2JS {
  const { RE2JS, RE2JSException } = load("re2js") as typeof import("re2js");
  try {
    return RE2JS.compile(source);
  } catch (cause) {
    if (cause instanceof RE2JSException) throw new InvalidExpression(cause.message);
    throw cause;
  }
}
