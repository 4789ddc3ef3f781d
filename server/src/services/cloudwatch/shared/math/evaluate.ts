// Expressions worked out step by step, in slices: other requests are answered in between.
import { setImmediate } from "node:timers/promises";
import type { Surroundings } from "./function.ts";
import type { Expression } from "./parse.ts";
import { InvalidExpression, sizeOf, type Value } from "./values.ts";

/** Steps of all expressions of a request, for all their points. As many as 500 queries of 1,440 points and 13 steps. */
export const MAX_STEPS = 10_000_000;
/** About two milliseconds on a slow core. */
const SLICE_STEPS = 20_000;

/** What the expressions of one request have cost so far. */
export class Work {
  #claimed = 0;
  #sinceTurn = 0;

  /** @throws InvalidExpression when it is more than one request may cost */
  claim(steps: number): void {
    this.#claimed += steps;
    if (this.#claimed > MAX_STEPS)
      throw new InvalidExpression(
        `the expressions of a request may take ${MAX_STEPS} steps, operands and operators times points, with this one ` +
          `they take ${this.#claimed}; use a longer Period, a shorter range or a shorter expression`,
      );
  }

  /** Counts steps taken; whether it is others' turn. */
  isTurnOver(steps: number): boolean {
    this.#sinceTurn += steps;
    if (this.#sinceTurn < SLICE_STEPS) return false;
    this.#sinceTurn = 0;
    return true;
  }
}

/** @throws InvalidExpression */
export async function evaluate(
  { steps }: Expression,
  valueNamed: (id: string) => Value,
  around: Surroundings,
  work: Work,
): Promise<Value> {
  const stack: Value[] = [];
  for (const step of steps) {
    if ("value" in step) stack.push(step.value);
    else if ("id" in step) stack.push(valueNamed(step.id));
    else {
      const args = stack.splice(stack.length - step.takes, step.takes);
      work.claim(args.reduce((sum: number, value) => sum + sizeOf(value), 1));
      const result = step.of(args, around);
      stack.push(result instanceof Promise ? await result : result);
    }
    if (work.isTurnOver(sizeOf(stack.at(-1) ?? 0))) await setImmediate();
  }
  const [result] = stack;
  if (result === undefined) throw new InvalidExpression("expected an expression, got nothing");
  return result;
}
