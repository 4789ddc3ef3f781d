// Arithmetic over series with known answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate, InvalidExpression } from "./expression.ts";

const series: Readonly<Record<string, ReadonlyMap<number, number>>> = {
  a: new Map([
    [1, 10],
    [2, 20],
  ]),
  b: new Map([
    [2, 4],
    [3, 5],
  ]),
  zero: new Map([[2, 0]]),
};

const cases: Readonly<Record<string, readonly (readonly [time: number, value: number])[]>> = {
  a: [
    [1, 10],
    [2, 20],
  ],
  "a + b": [[2, 24]],
  "100 * b / a": [[2, 20]],
  "a - 2 * (a - 1)": [
    [1, -8],
    [2, -18],
  ],
  "-a": [
    [1, -10],
    [2, -20],
  ],
  "b ^ 2 / 2": [
    [2, 8],
    [3, 12.5],
  ],
  "10 - 2 - a": [
    [1, -2],
    [2, -12],
  ],
  "a / zero": [],
};
for (const [source, expected] of Object.entries(cases)) {
  test(source, () => {
    assert.deepEqual([...evaluate(source, (id) => series[id])], expected);
  });
}

const refused: Readonly<Record<string, string>> = {
  "a +": "expected a number or an id, got the end",
  "(a": "expected )",
  "a b": "expected an operator, got b",
  "c * 2": "expected a number or the id of a query, got c",
  "SUM(METRICS())": "the function SUM is not yet available in Sagebrush",
  "1 + 2": "an expression must name a query",
};
for (const [source, message] of Object.entries(refused)) {
  test(`${source} is refused`, () => {
    assert.throws(
      () => evaluate(source, (id) => series[id]),
      (cause) => cause instanceof InvalidExpression && cause.message === message,
    );
  });
}
