// Points beyond what one chunk holds: chunks, merges, what a crash leaves, and the folders of earlier versions.
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { makeFolder, replaceFile } from "../../durable.ts";
import { Journal } from "../../journal/journal.ts";
import { encode } from "../../journal/line.ts";
import type { MetricKey, MetricPoint } from "../series.ts";
import { openMetrics } from "./metrics.ts";

const place = { account: "123456789012", region: "us-east-1" };
const metric = (name: string): MetricKey => ({ ...place, namespace: "n", name, dimensions: { d: name } });
const point = (name: string, timestamp: number): MetricPoint => ({ ...metric(name), timestamp, value: timestamp });
const report = (error: unknown): never => {
  throw error;
};

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sagebrush-metrics-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const open = (folder: string, keptMs = 1_000_000) =>
  openMetrics({ folder, now: () => 1_000_000, keptMs, report, chunkPoints: 10 });

test("points in chunks and merged chunks come back by time, also after opening again", () =>
  withFolder(async (folder) => {
    let metrics = await open(folder);
    const names = ["a", "b", "c"];
    const all = Array.from({ length: 1000 }, (_, at) => point(names[at % 3] as string, (at * 7919) % 1000));
    for (let at = 0; at < all.length; at += 4) await metrics.putMetrics(all.slice(at, at + 4), { sync: at % 8 === 0 });
    for (const again of [false, true]) {
      if (again) {
        await metrics.close();
        const chunks = (await readdir(join(folder, "chunks"))).filter((file) => file.endsWith(".index"));
        assert.ok(chunks.length < 20, `${chunks.length} chunks`);
        metrics = await open(folder);
      }
      for (const name of names) {
        const wanted = all.filter((each) => each.name === name).sort((one, other) => one.timestamp - other.timestamp);
        assert.deepEqual(await metrics.readMetrics(metric(name), 0, 1000), wanted);
        assert.deepEqual(
          await metrics.readMetrics(metric(name), 200, 300),
          wanted.filter(({ timestamp }) => timestamp >= 200 && timestamp < 300),
        );
      }
      const listed = await metrics.listMetrics(place);
      assert.deepEqual(
        listed.map(({ name, lastAt }) => [name, lastAt]),
        names.map((name) => [
          name,
          Math.max(...all.filter((each) => each.name === name).map((each) => each.timestamp)),
        ]),
      );
    }
    await metrics.close();
  }));

test("a metric of more points than a line has comes back whole, merged too", () =>
  withFolder(async (folder) => {
    const metrics = await open(folder);
    const all = Array.from({ length: 25_000 }, (_, at) => point("a", (at * 7919) % 25_000));
    for (let at = 0; at < 9; at++)
      await metrics.putMetrics(at === 4 ? all : [...all.slice(0, 9), point("b", at)], { sync: false });
    await metrics.close();
    const again = await open(folder);
    assert.equal((await again.readMetrics(metric("a"), 0, 25_000)).length, all.length + 8 * 9);
    assert.equal((await again.readMetrics(metric("a"), 24_000, 25_000)).length, 1000);
    assert.equal((await again.readMetrics(metric("b"), 0, 25_000)).length, 8);
    await again.close();
  }));

test("what was put by many at once is there once", () =>
  withFolder(async (folder) => {
    const metrics = await open(folder);
    const puts = Array.from({ length: 200 }, (_, at) => metrics.putMetrics([point("a", at)], { sync: true }));
    const reads = Array.from({ length: 50 }, () => metrics.readMetrics(metric("a"), 0, 1000));
    await Promise.all([...puts, ...reads]);
    const times = (await metrics.readMetrics(metric("a"), 0, 1000)).map(({ timestamp }) => timestamp);
    assert.deepEqual(
      times,
      Array.from({ length: 200 }, (_, at) => at),
    );
    await metrics.close();
  }));

test("what is half written when the server ends is written again or left out", () =>
  withFolder(async (folder) => {
    let metrics = await open(folder);
    for (let at = 0; at < 35; at++) await metrics.putMetrics([point("a", at)], { sync: true });
    await metrics.close();
    await writeFile(join(folder, "chunks", "half.points"), "torn");
    await makeFolder(join(folder, "journal", "0"));
    metrics = await open(folder);
    assert.equal((await metrics.readMetrics(metric("a"), 0, 1000)).length, 35);
    assert.deepEqual(
      (await readdir(join(folder, "chunks"))).filter((file) => file.startsWith("half")),
      [],
    );
    await metrics.close();
  }));

test("old chunks are dropped", () =>
  withFolder(async (folder) => {
    const metrics = await open(folder, 500_000);
    for (let at = 0; at < 10; at++) await metrics.putMetrics([point("a", at)], { sync: true });
    for (let at = 0; at < 25; at++) await metrics.putMetrics([point("a", 900_000 + at)], { sync: true });
    await metrics.close();
    const again = await open(folder, 500_000);
    await again.expire();
    assert.equal((await again.readMetrics(metric("a"), 0, 2_000_000)).length, 25);
    await again.close();
  }));

/** Bytes of the files that number the metrics. */
async function catalogueBytes(folder: string): Promise<number> {
  const files = (await readdir(join(folder, "catalogue"))).map((file) => stat(join(folder, "catalogue", file)));
  return (await Promise.all(files)).reduce((sum, { size }) => sum + size, 0);
}

/** Metrics over a clock that is moved, of points that are kept for 1000 ms. */
async function passing(folder: string) {
  let now = 0;
  const open = () => openMetrics({ folder, now: () => now, keptMs: 1000, report, chunkPoints: 10 });
  let metrics = await open();
  return {
    move(ms: number) {
      now += ms;
    },
    put: (...names: readonly string[]) =>
      metrics.putMetrics(
        names.map((name) => point(name, now)),
        { sync: true },
      ),
    expire: () => metrics.expire(),
    reopen: async () => {
      await metrics.close();
      metrics = await open();
    },
    listed: async () => (await metrics.listMetrics(place)).map(({ name }) => name),
    read: async (name: string) =>
      (await metrics.readMetrics(metric(name), 0, 1_000_000)).map(({ timestamp }) => timestamp),
    close: () => metrics.close(),
  };
}

const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

test("metrics whose points are past their retention leave memory and disk, and none is taken for another", () =>
  withFolder(async (folder) => {
    const metrics = await passing(folder);
    const sizes: number[] = [];
    for (let round = 0; round < 5; round++) {
      await metrics.put("stays", ...numbered(`${round}-`, 500));
      sizes.push(await catalogueBytes(folder));
      metrics.move(600);
      await metrics.put("stays");
      metrics.move(600);
      await metrics.put(`last of ${round}`);
      if (round % 2 === 1) await metrics.reopen();
      await metrics.expire();
      assert.deepEqual(await metrics.listed(), [`last of ${round}`, "stays"]);
    }
    assert.ok((await catalogueBytes(folder)) < 1000);
    assert.ok(Math.max(...sizes) < 1.1 * (sizes[0] ?? 0), `${sizes.join(", ")} bytes`);
    assert.deepEqual(await metrics.read("4-7"), []);
    await metrics.put("4-7", "4-8");
    for (const again of [false, true]) {
      if (again) await metrics.reopen();
      assert.deepEqual([await metrics.read("4-7"), await metrics.read("4-8")], [[6000], [6000]]);
    }
    await metrics.close();
  }));

/** Bytes of the heap that are in use. */
function usedBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}

test("the memory of metrics that have passed comes back", () =>
  withFolder(async (folder) => {
    let now = 0;
    const metrics = await openMetrics({ folder, now: () => now, keptMs: 1000, report, chunkPoints: 1000 });
    const used: number[] = [];
    for (let round = 0; round < 4; round++, now += 2000) {
      const points = numbered(`${round}-`, 20_000).map((name) => point(name, now));
      await metrics.putMetrics(points, { sync: false });
      await metrics.expire();
      used.push(usedBytes());
    }
    // Each round's metrics take more than 10 MB; the first makes what stays whoever comes after.
    const grown = (used.at(-1) ?? 0) - (used[1] ?? 0);
    assert.ok(grown < 10_000_000, `${used.join(", ")} bytes`);
    await metrics.close();
  }));

test("also when every metric has passed no number is given twice", () =>
  withFolder(async (folder) => {
    const metrics = await passing(folder);
    await metrics.put(...numbered("old-", 10));
    metrics.move(1200);
    await metrics.expire();
    await metrics.reopen();
    // The old points are still there: of a number that is given once more they would be points of this one.
    await metrics.put("new");
    assert.deepEqual([await metrics.read("new"), await metrics.listed()], [[1200], ["new", "old-9"]]);
    await metrics.expire();
    assert.deepEqual(await metrics.listed(), ["new"]);
    await metrics.close();
  }));

test("a kill while the catalogue is written anew leaves every metric with its points", () =>
  withFolder(async (folder) => {
    const metrics = await passing(folder);
    await metrics.put("alive", ...numbered("old-", 50));
    metrics.move(600);
    await metrics.put("alive", "last");
    metrics.move(600);
    const catalogue = join(folder, "catalogue");
    const before = new Map<string, Buffer>();
    for (const file of await readdir(catalogue)) before.set(file, await readFile(join(catalogue, file)));
    await metrics.expire();
    // Made again: by a number of its own, which outlives the one that it had.
    await metrics.put("old-3");
    for (let times = 0; times < 2; times++) {
      // As if what was dropped had not been yet.
      for (const [file, bytes] of before) await writeFile(join(catalogue, file), bytes);
      await metrics.reopen();
      assert.deepEqual(await metrics.read("alive"), [0, 600]);
      assert.deepEqual(await metrics.read("old-3"), [1200]);
      assert.deepEqual(await metrics.read("last"), [600]);
      await metrics.expire();
      assert.deepEqual(await metrics.listed(), ["alive", "last", "old-3"]);
      assert.ok((await catalogueBytes(folder)) < 1000);
    }
    await metrics.close();
  }));

test("a metric that gets points while the old ones are forgotten keeps them", () =>
  withFolder(async (folder) => {
    const metrics = await passing(folder);
    const names = numbered("a", 20);
    for (let round = 0; round < 20; round++) {
      const puts = names.map((name) => metrics.put(name, `${name}-${round}`));
      await Promise.all([...puts, metrics.expire()]);
      for (const name of names) assert.equal((await metrics.read(name)).at(-1), round * 1100);
      metrics.move(1100);
    }
    await metrics.reopen();
    for (const name of names) assert.equal((await metrics.read(name)).at(-1), 19 * 1100);
    await metrics.close();
  }));

/** A journal of one point, as they were kept before there were chunks. */
async function anEarlierJournal(folder: string): Promise<void> {
  const names = join(folder, "names", "123456789012", "us-east-1");
  const points = join(folder, "points", "123456789012", "us-east-1", "n", "d");
  for (const [path, header] of [
    [names, place],
    [points, { namespace: "n", dimensions: { d: "a" } }],
  ] as const) {
    await makeFolder(path);
    await replaceFile(join(path, "header"), encode(header));
  }
  const journal = await Journal.open(points, () => 0);
  await journal.append({ entries: [[5, ["a", 5, "Count"]]], sync: true });
  await journal.close();
}

test("points of an earlier version are taken over, once also when the server ended before it removed them", () =>
  withFolder(async (folder) => {
    for (let times = 0; times < 2; times++) {
      await anEarlierJournal(folder);
      const metrics = await open(folder);
      assert.deepEqual(await metrics.readMetrics(metric("a"), 0, 10), [{ ...point("a", 5), unit: "Count" }]);
      assert.deepEqual((await readdir(folder)).sort(), ["catalogue", "chunks", "journal"]);
      await metrics.close();
    }
  }));

test("points are kept, once, while no new journal can be made; beyond a few tables none are taken", () =>
  withFolder(async (folder) => {
    const failures: unknown[] = [];
    const metrics = await openMetrics({
      folder,
      now: () => 1_000_000,
      keptMs: 1_000_000,
      report: (error) => void failures.push(error),
      chunkPoints: 10,
    });
    const stolen = join(folder, "journal", "1");
    await writeFile(stolen, "in the way");
    for (let at = 0; at < 30; at++) await metrics.putMetrics([point("a", at)], { sync: true });
    assert.ok(failures.length > 0);
    await assert.rejects(metrics.putMetrics([point("a", 30)], { sync: true }));
    await rm(stolen);
    await metrics.putMetrics([point("a", 30)], { sync: true });
    const found = await metrics.readMetrics(metric("a"), 0, 1000);
    assert.deepEqual(
      found.map(({ timestamp }) => timestamp),
      Array.from({ length: 31 }, (_, at) => at),
    );
    await metrics.close();
  }));
