// Summaries of many values, against what is true of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DistinctCounter, Percentiles } from "./sketches.ts";

for (const [different, most] of [
  [1000, 0],
  [10_000, 0],
  [100_000, 0.03],
] as const) {
  test(`${different} different texts are counted within ${most}`, () => {
    const counter = new DistinctCounter();
    for (let round = 0; round < 2; round++)
      for (let index = 0; index < different; index++) counter.add(`text ${index}`);
    assert.ok(Math.abs(counter.count() - different) <= most * different, String(counter.count()));
  });
}

test("percentiles of few numbers are exact, between two of them", () => {
  const samples = new Percentiles();
  assert.equal(samples.at(50), undefined);
  for (const value of [40, 10, 30, 20]) samples.add(value);
  assert.deepEqual(
    [0, 25, 50, 100].map((percent) => samples.at(percent)),
    [10, 17.5, 25, 40],
  );
});

test("percentiles of many numbers are near", () => {
  const samples = new Percentiles();
  const count = 100_000;
  for (let index = 0; index < count; index++) samples.add((index * 7919) % count);
  for (const percent of [1, 25, 50, 90, 99]) {
    const found = (samples.at(percent) ?? Number.NaN) / count;
    assert.ok(Math.abs(found - percent / 100) < 0.002, `${percent}: ${found}`);
  }
});
