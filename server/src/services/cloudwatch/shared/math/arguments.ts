// Arguments of functions: how many, and of which kind.
import { InvalidExpression, kindOf, type Value } from "./values.ts";

/** The arguments, so many. @throws InvalidExpression */
export function taking(name: string, args: readonly Value[], from: number, to = from): readonly [Value, ...Value[]] {
  if (args.length < from || args.length > to)
    throw new InvalidExpression(
      `the function ${name} takes ${from === to ? from : `${from} to ${to}`} arguments, got ${args.length}`,
    );
  return args as unknown as readonly [Value, ...Value[]];
}

export const wrong = (name: string, expected: string, got: Value | undefined): InvalidExpression =>
  new InvalidExpression(`the function ${name} takes ${expected}, got ${got === undefined ? "nothing" : kindOf(got)}`);
