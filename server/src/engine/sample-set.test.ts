import assert from "node:assert/strict";
import { test } from "node:test";
import { runsOf, SampleSet } from "./sample-set.ts";

function summedUp(samples: Iterable<number>) {
  const set = new SampleSet();
  for (const sample of samples) set.add(sample);
  return set.value;
}

test("samples that lie close together are one run, others are apart, in rising order", () => {
  const runs = [
    [0, 0, 1],
    [2000, 2010, 2],
    [9000, 9000, 1],
  ];
  assert.deepEqual(summedUp([2010, 9000, 0, 2000]), { count: 4, sum: 13_010, minimum: 0, maximum: 9000, runs });
});

test("however many samples there are, there are only so many runs, none wider than a tenth", () => {
  const minuteMicroseconds = 60_000_000;
  const samples = Array.from({ length: 100_000 }, (_, index) => Math.round(minuteMicroseconds ** (index / 99_999)));
  const { count, runs } = summedUp(samples);
  assert.equal(count, samples.length);
  assert.ok(runs.length <= Math.ceil(Math.log(minuteMicroseconds) / Math.log(1.1)) + 1, `${runs.length} runs`);
  for (const [minimum, maximum] of runs) assert.ok(maximum <= minimum * 1.101, `${minimum} to ${maximum}`);
});

test("a set of which only the range is known has no runs, unless all its samples are the same", () => {
  assert.equal(runsOf({ count: 2, sum: 3, minimum: 1, maximum: 2 }), undefined);
  assert.deepEqual(runsOf({ count: 2, sum: 6, minimum: 3, maximum: 3 }), [[3, 3, 2]]);
  assert.deepEqual(runsOf(5), [[5, 5, 1]]);
});
