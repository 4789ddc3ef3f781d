// Expressions worked out time by time, in slices: other requests are answered in between.
import { setImmediate } from "node:timers/promises";
import { type Expression, InvalidExpression, type Step } from "./expression.ts";

/** Values by time, milliseconds since 1970. */
export type Values = ReadonlyMap<number, number>;

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

/** Times that a series lacks, and results that are no finite numbers, are left out. @throws InvalidExpression */
export async function evaluate(
  { steps, ids }: Expression,
  valuesOf: (id: string) => Values,
  work: Work,
): Promise<Values> {
  const series = new Map([...ids].map((id) => [id, valuesOf(id)]));
  const [shortest] = [...series.values()].sort((one, other) => one.size - other.size);
  const found = new Map<number, number>();
  if (!shortest) return found;
  work.claim(steps.length * shortest.size);
  for (const time of shortest.keys()) {
    if (work.isTurnOver(steps.length)) await setImmediate();
    const value = valueAt(time, steps, series);
    if (value !== undefined) found.set(time, value);
  }
  return found;
}

function valueAt(time: number, steps: readonly Step[], series: ReadonlyMap<string, Values>): number | undefined {
  const stack: number[] = [];
  for (const step of steps) {
    const value =
      typeof step === "number"
        ? step
        : typeof step === "string"
          ? series.get(step)?.get(time)
          : applied(step, stack.pop(), stack.pop());
    if (value === undefined || !Number.isFinite(value)) return undefined;
    stack.push(value);
  }
  return stack[0];
}

/** The right operand lies on top. */
const applied = (of: Exclude<Step, number | string>, other = Number.NaN, one = Number.NaN): number => of(one, other);
