// Arithmetic over series with known answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate, MAX_STEPS, type Values, Work } from "./evaluate.ts";
import { InvalidExpression, parse } from "./expression.ts";

const series: Readonly<Record<string, Values>> = {
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

const work = async (source: string, among = series): Promise<Values> =>
  evaluate(
    parse(source, (id) => id in among),
    (id) => among[id] ?? new Map(),
    new Work(),
  );

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
  test(source, async () => {
    assert.deepEqual([...(await work(source))], expected);
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
  test(`${source} is refused`, async () => {
    await assert.rejects(
      () => work(source),
      (cause) => cause instanceof InvalidExpression && cause.message === message,
    );
  });
}

/** As long as an expression may be (CloudWatch API reference, MetricDataQuery). */
const LONGEST = 2048;

const deep: Readonly<Record<string, string>> = {
  parentheses: `${"(".repeat(LONGEST / 2 - 1)}a${")".repeat(LONGEST / 2 - 1)}`,
  "open parentheses": "(".repeat(LONGEST),
  signs: `${"-".repeat(LONGEST - 1)}a`,
};
for (const [what, source] of Object.entries(deep)) {
  test(`nested ${what} are refused`, async () => {
    await assert.rejects(() => work(source), /expected at most 100 levels of parentheses and signs/);
  });
}

const many = (size: number): Values => new Map(Array.from({ length: size }, (_, time) => [time, 1]));

test("a long expression of many points lets others have their turn", async () => {
  const source = `a${"+a".repeat((LONGEST - 1) / 2)}`;
  let turns = 0;
  const others = setInterval(() => turns++, 0);
  const found = await work(source, { a: many(2000) });
  clearInterval(others);
  assert.equal(found.get(0), LONGEST / 2);
  assert.ok(turns > 20, `${turns} turns`);
});

test("more steps than a request may cost are refused before any is taken", async () => {
  await assert.rejects(() => work("a + a", { a: many(Math.ceil((MAX_STEPS + 1) / 3)) }), /may take 10000000 steps/);
});
