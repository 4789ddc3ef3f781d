// What looking for metrics costs, over as many metrics and points as nobody stores for a test.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KnownMetric, MetricPoint } from "../../../store/series/series.ts";
import { Work } from "./math/evaluate.ts";
import { InvalidExpression } from "./math/values.ts";
import { searched, selected } from "./search.ts";

const DAY_MS = 86_400_000;
const place = { account: "123456789012", region: "us-east-1" };
const metric = (name: string): KnownMetric => ({
  ...place,
  namespace: "n",
  name,
  dimensions: {},
  lastAt: 0,
  order: name,
});
const manyMetrics = Array.from({ length: 100_000 }, (_, index) => metric(`m${index}`));
const manyPoints: readonly MetricPoint[] = Array.from({ length: 600_000 }, (_, timestamp) => ({
  ...metric("m"),
  timestamp,
  value: 1,
}));

function parts(metrics: readonly KnownMetric[]) {
  let reads = 0;
  const series = {
    listMetrics: async () => metrics,
    async readMetrics() {
      reads++;
      return manyPoints;
    },
  };
  return { parts: { series: series as never, now: () => 0 }, reads: () => reads };
}

function wanted(days: number) {
  const work = new Work();
  return {
    startTime: 0,
    endTime: days * DAY_MS,
    periodMs: 60_000,
    claim: (steps: number) => work.claim(steps),
    label: "l",
  };
}

test("looking through metrics counts, also when none is found", async () => {
  const { parts: many } = parts(manyMetrics);
  const span = wanted(1);
  const search = () => searched(many, place, { source: "nothing", stat: "Sum" }, span);
  assert.deepEqual(await search(), []);
  await assert.rejects(async () => {
    for (let times = 0; times < 200; times++) await search();
  }, InvalidExpression);
});

test("a selection ends when it has read more than it may cost, not when it has read everything", async () => {
  const { parts: one, reads } = parts([metric("m")]);
  await assert.rejects(selected(one, place, "SELECT SUM(m) FROM n", wanted(400)), InvalidExpression);
  assert.ok(reads() < 6, `${reads()} reads`);
});
