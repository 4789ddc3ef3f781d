// The tables of the guide on missing data, row by row.
import assert from "node:assert/strict";
import { test } from "node:test";
import { breaches, type Evaluated, evaluate, leastSamples, rangeOf } from "./evaluate.ts";

/** `0 - X`: not breaching, missing, breaching; oldest first. `?` is a percentile of too few samples. */
const points = (text: string): Evaluated[] =>
  text.split(" ").map((sign, at) => {
    if (sign === "-") return { at };
    return {
      at,
      value: sign === "X" ? 9 : 1,
      isBreaching: sign === "X",
      ...(sign === "?" ? { isUncertain: true } : {}),
    };
  });

/** Undefined: the alarm stays as it is. */
type State = string | undefined;
type States = readonly [missing: State, ignore: State, breaching: State, notBreaching: State];
const treatments = ["missing", "ignore", "breaching", "notBreaching"];

const ofThree: Readonly<Record<string, States>> = {
  "0 - X - X": ["OK", "OK", "OK", "OK"],
  "0 - - - -": ["OK", "OK", "OK", "OK"],
  "- - - - -": ["INSUFFICIENT_DATA", undefined, "ALARM", "OK"],
  "0 X X - X": ["ALARM", "ALARM", "ALARM", "ALARM"],
  "- - X - -": ["ALARM", undefined, "ALARM", "OK"],
  "- - - - X": [undefined, undefined, "ALARM", "OK"],
  "- - - X -": [undefined, undefined, "ALARM", "OK"],
  "X X X 0 0": ["OK", "OK", "OK", "OK"],
  "0 0 X X X": ["ALARM", "ALARM", "ALARM", "ALARM"],
  "X - - X X": ["ALARM", "ALARM", "ALARM", "ALARM"],
};
const twoOfThree: Readonly<Record<string, States>> = {
  "0 - X - X": ["ALARM", "ALARM", "ALARM", "ALARM"],
  "0 0 X 0 X": ["ALARM", "ALARM", "ALARM", "ALARM"],
  "0 - X - -": ["OK", "OK", "ALARM", "OK"],
  "- - - - 0": ["OK", "OK", "ALARM", "OK"],
  "- - - X -": ["ALARM", undefined, "ALARM", "OK"],
};

for (const [datapointsToAlarm, table] of [
  [3, ofThree],
  [2, twoOfThree],
] as const)
  for (const [text, states] of Object.entries(table))
    for (const [index, treatMissingData] of treatments.entries())
      test(`${datapointsToAlarm} of 3: ${text} with missing data ${treatMissingData}`, () => {
        const rule = { evaluationPeriods: 3, datapointsToAlarm, treatMissingData };
        assert.equal(evaluate(points(text), rule).state, states[index]);
      });

test("the evaluation range is the guide's", () => {
  assert.equal(rangeOf(3, 300), 5);
  assert.equal(rangeOf(1, 10), 7);
});

test("percentiles of too few samples change nothing", () => {
  const rule = { evaluationPeriods: 1, datapointsToAlarm: 1, treatMissingData: "breaching" };
  assert.equal(evaluate(points("X X ?"), rule).state, undefined);
  assert.equal(evaluate(points("? ? X"), rule).state, "ALARM");
});

test("so few samples are too few", () => {
  assert.equal(Math.round(leastSamples(99)), 1000);
  assert.equal(leastSamples(50), 20);
  assert.equal(leastSamples(10), 100);
});

test("comparisons are those of their names", () => {
  const values = [1, 2, 3];
  const found = (operator: string) => values.filter((value) => breaches(operator, value, 2));
  assert.deepEqual(found("GreaterThanThreshold"), [3]);
  assert.deepEqual(found("GreaterThanOrEqualToThreshold"), [2, 3]);
  assert.deepEqual(found("LessThanThreshold"), [1]);
  assert.deepEqual(found("LessThanOrEqualToThreshold"), [1, 2]);
});
