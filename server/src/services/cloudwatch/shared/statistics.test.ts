// Statistics of small sets with known answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SampleSet } from "../../../engine/sample-set.ts";
import type { MetricPoint } from "../../../store/series/series.ts";
import { MAX_EXACT, PeriodSums } from "./periods.ts";
import { rangeStart } from "./range.ts";
import { statisticOf } from "./statistics.ts";

const point = (timestamp: number, value: MetricPoint["value"]): MetricPoint => ({
  account: "123456789012",
  region: "us-east-1",
  namespace: "n",
  name: "m",
  dimensions: {},
  timestamp,
  value,
});

async function intoPeriods(points: readonly MetricPoint[], origin: number, lengthMs: number) {
  const sums = new PeriodSums(origin, lengthMs);
  await sums.add(points);
  return sums.periods();
}

function summedUp(...samples: readonly number[]): MetricPoint["value"] {
  const set = new SampleSet();
  for (const sample of samples) set.add(sample);
  return set.value;
}

const oneToHundred = Array.from({ length: 100 }, (_, index) => point(index, index + 1));
const withSet = [point(0, 4), point(1, { count: 3, sum: 30, minimum: 1, maximum: 20 })];
const repeated = [point(0, 1), point(1, { count: 9, sum: 45, minimum: 5, maximum: 5 })];

const close = [point(0, summedUp(98, 104, 104)), point(1, 99), point(2, 90)];
const hundred = Array.from({ length: 100 }, (_, index) => point(0, 1000 + index));
const manySets = Array.from({ length: 60 }, (_, index) =>
  point(index, summedUp(2000 + (index % 7), 2050, 2100 + (index % 5))),
);

const manyValues = Array.from({ length: 2 * MAX_EXACT }, (_, index) => point(0, index - MAX_EXACT));

const cases: Readonly<
  Record<string, readonly [points: readonly MetricPoint[], name: string, value: number | undefined]>
> = {
  "samples are counted": [oneToHundred, "SampleCount", 100],
  "samples are summed": [oneToHundred, "Sum", 5050],
  "the mean": [oneToHundred, "Average", 50.5],
  "the least": [oneToHundred, "Minimum", 1],
  "the greatest": [oneToHundred, "Maximum", 100],
  "the median": [oneToHundred, "p50", 50],
  "a high percentile": [oneToHundred, "p99.9", 100],
  "percentile 0 is the least": [oneToHundred, "p0", 1],
  "percentile 100 is the greatest": [oneToHundred, "p100", 100],
  "a set counts with all its samples": [withSet, "Average", 34 / 4],
  "a set's range counts": [withSet, "Maximum", 20],
  "a set hides its samples from percentiles": [withSet, "p50", undefined],
  "samples summed up close together are spread evenly": [close, "p50", 100],
  "and the least of them is exact": [close, "p40", 98],
  "and the greatest too": [close, "p100", 104],
  "one that lies lower stays alone": [close, "p20", 90],
  "the least of many sets is percentile 0": [manySets, "p0", 2000],
  "the greatest of many sets is percentile 100": [manySets, "p100", 2104],
  "of more values than are told apart, the least is exact": [manyValues, "p0", -MAX_EXACT],
  "and so is the greatest": [manyValues, "p100", MAX_EXACT - 1],
  "and those between are close to what they are": [manyValues, "p95", 8999],
  "a whole percent of a hundred is that rank": [hundred, "p7", 1006],
  "a value that came often is known": [repeated, "p10", 1],
  "and weighs": [repeated, "p11", 5],
  "a set of equal samples is known": [[point(0, { count: 2, sum: 8, minimum: 4, maximum: 4 })], "p90", 4],
  "a set whose sum does not fit them is not": [
    [point(0, { count: 2, sum: 9, minimum: 4, maximum: 4 })],
    "p90",
    undefined,
  ],
  "a trimmed mean leaves the highest out": [oneToHundred, "tm90", 45.5],
  "and is the same in its long form": [oneToHundred, "TM(:90%)", 45.5],
  "a trimmed mean between percentages": [oneToHundred, "TM(10%:90%)", 50.5],
  "of values, the lower bound is out and the upper in": [oneToHundred, "TM(10:12)", 11.5],
  "a trimmed mean of nothing": [oneToHundred, "TM(200:300)", undefined],
  "the interquartile mean": [oneToHundred, "IQM", 50.5],
  "a trimmed count": [oneToHundred, "tc90", 90],
  "a trimmed count of values": [oneToHundred, "TC(:0.5)", 0],
  "a trimmed sum": [oneToHundred, "ts90", 4095],
  "a trimmed sum of the highest": [oneToHundred, "TS(80%:)", 1810],
  "a winsorized mean": [oneToHundred, "wm90", (4095 + 10 * 90) / 100],
  "a winsorized mean on both sides": [oneToHundred, "WM(10%:90%)", (4095 - 55 + 10 * 11 + 10 * 90) / 100],
  "a winsorized mean of values": [oneToHundred, "WM(50:90)", (50 * 50 + 2820 + 10 * 90) / 100],
  "a percentile rank": [oneToHundred, "PR(:30)", 30],
  "a percentile rank between values": [oneToHundred, "PR(10:30)", 20],
  "a percentile rank above a value": [oneToHundred, "PR(90:)", 10],
  "samples summed up are trimmed as they are spread": [close, "TS(100:)", 206],
};
for (const [sentence, [points, name, value]] of Object.entries(cases)) {
  test(sentence, async () => {
    const [period] = await intoPeriods(points, 0, 60_000);
    assert.ok(period);
    assert.equal(statisticOf(name)?.(period), value);
  });
}

for (const name of [
  "p101",
  "p-1",
  "p",
  "median",
  "tm101",
  "TM90",
  "TM(:)",
  "TM(10%:90)",
  "TM(:101%)",
  "PR(:10%)",
  "tm(10:20)",
  "constructor",
]) {
  test(`${name} is no statistic`, () => {
    assert.equal(statisticOf(name), undefined);
  });
}

test("periods begin at whole steps from the origin, in order, without the empty ones", async () => {
  const periods = await intoPeriods([point(190_000, 3), point(10_000, 1), point(69_999, 2)], 10_000, 60_000);
  assert.deepEqual(
    periods.map(({ at, count }) => [at, count]),
    [
      [10_000, 2],
      [190_000, 1],
    ],
  );
});

test("a range begins at a whole minute, or at a whole period when that is shorter", () => {
  assert.equal(rangeStart(125_000, 300), 120_000);
  assert.equal(rangeStart(127_000, 5), 125_000);
});

test("a million points let others have their turn", async () => {
  const points = Array.from({ length: 1_000_000 }, (_, index) => point(index % 60_000, index * 0.37));
  let turns = 0;
  const others = setInterval(() => turns++, 0);
  const [period] = await intoPeriods(points, 0, 60_000);
  clearInterval(others);
  assert.equal(period?.count, points.length);
  assert.ok(turns > 50, `${turns} turns`);
});
