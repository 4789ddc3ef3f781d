// Points that lines give on their way, over real stores and a clock that is moved.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Clock } from "../../../../core/clock.ts";
import { openSqliteRows } from "../../../../store/rows/sqlite/open.ts";
import { openFolderSeries } from "../../../../store/series/folder/open.ts";
import { MetricFilters } from "./filters.ts";
import type { Transformation } from "./points.ts";
import { startDefaults, withMetricFilters } from "./series.ts";

const START = Date.parse("2020-09-01T12:00:30Z");
const MINUTE = 60_000;
const place = { account: "123456789012", region: "us-east-1" };
const key = { ...place, group: "g", stream: "s" };

async function anOpenedStore(t: TestContext) {
  let now = START;
  let wakes: (() => void)[] = [];
  const clock: Clock = {
    now: () => now,
    at(_time, wake) {
      wakes.push(wake);
      return () => {
        wakes = wakes.filter((one) => one !== wake);
      };
    },
  };
  const folder = await mkdtemp(join(tmpdir(), "metric-filters-"));
  t.after(() => rm(folder, { recursive: true }));
  const report = (error: unknown) => assert.fail(String(error));
  const rows = await openSqliteRows({ file: join(folder, "rows.sqlite"), clock });
  t.after(() => rows.close());
  const store = await openFolderSeries({ folder: join(folder, "series"), clock, report });
  t.after(() => store.close());
  const filters = await MetricFilters.open(rows, clock.now);
  return {
    rows,
    filters,
    series: withMetricFilters(store, filters),
    startDefaults: () => startDefaults({ series: store, filters, clock, report }),
    put: (filterName: string, filterPattern: string, transformation: Partial<Transformation> = {}) => {
      const whole = { metricName: filterName, metricNamespace: "n", metricValue: "1", ...transformation };
      return filters.put(place, { group: "g", filterName, filterPattern, transformation: whole }, now);
    },
    async points(name: string, dimensions = {}) {
      const found = await store.readMetrics({ ...place, namespace: "n", name, dimensions }, 0, START + 99 * MINUTE);
      return found.map(({ timestamp, value }) => [timestamp - START, value] as const);
    },
    move(milliseconds: number) {
      now += milliseconds;
      for (const wake of wakes.splice(0)) wake();
    },
  };
}

const lines = (...messages: string[]) => messages.map((message, at) => ({ timestamp: START + at, message }));

test("lines that are alike give one point for their minute", async (t) => {
  const { series, put, points } = await anOpenedStore(t);
  await put("count", "ERROR");
  await put("size", "[word, size]", { metricValue: "$size", dimensions: { Word: "$word" } });
  await series.appendLogs(key, lines("ERROR 1", "ERROR 1", "ERROR x", "fine 3"), { sync: false });
  assert.deepEqual(await points("count"), [[0, { count: 3, sum: 3, minimum: 1, maximum: 1 }]]);
  assert.deepEqual(await points("size", { Word: "ERROR" }), [[0, { count: 2, sum: 2, minimum: 1, maximum: 1 }]]);
  assert.deepEqual(await points("size", { Word: "fine" }), [[3, 3]]);
});

test("lines of a source that have been taken give no points again", async (t) => {
  const { series, put, points } = await anOpenedStore(t);
  await put("count", "ERROR");
  for (const offset of [10, 10, 20]) {
    await series.appendLogs(key, lines("ERROR"), { sync: false, source: { id: "unit", offset } });
  }
  assert.equal((await points("count")).length, 2);
});

test("a minute in which lines came and none was found gives the default value, once it is over", async (t) => {
  const { series, put, points, move, startDefaults } = await anOpenedStore(t);
  await put("errors", "ERROR", { defaultValue: 0 });
  const stop = startDefaults();
  await series.appendLogs(key, lines("fine"), { sync: false });
  assert.deepEqual(await points("errors"), []);
  move(MINUTE);
  await series.appendLogs(key, lines("fine", "ERROR"), { sync: false });
  await stop();
  assert.deepEqual(await points("errors"), [
    [-30_000, 0],
    [1, 1],
  ]);
});

test("filters are there again when the store is opened again, and gone when they are removed", async (t) => {
  const { rows, filters, put } = await anOpenedStore(t);
  await put("b", "x");
  await put("a", "%y%");
  const again = await MetricFilters.open(rows, () => START);
  assert.deepEqual(again.ofGroup(key), filters.ofGroup(key));
  assert.equal(again.withExpressions(key, "none"), 1);
  await again.remove(place, { group: "g", filterName: "b" });
  await again.removeGroup(key);
  assert.equal(again.has(key), false);
  assert.equal((await MetricFilters.open(rows, () => START)).has(key), false);
});
