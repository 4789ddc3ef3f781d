// Kills a server's stores again and again while they are written to. What was acknowledged has to be there, whole and once.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { realClock } from "../core/clock.ts";
import type { Blob } from "./blobs/blobs.ts";
import { CHANGED, contentsOf, metricOf, openPassing, POINTS_KEPT, STREAM, THING } from "./crash-keys.ts";
import { openStore, type Store } from "./open.ts";

const KILLS = 20;
const LONGEST_LIFE_MS = 400;
const open = (folder: string) =>
  openStore({
    folder,
    reserveBytes: 0,
    clock: realClock,
    report: (error) => {
      throw error;
    },
  });

interface Acknowledged {
  readonly objects: string[];
  readonly calls: string[];
  /** Calls that changed something, whose records their commits keep. */
  readonly changes: string[];
  /** Times of points. */
  readonly points: number[];
  /** Highest offset acknowledged for a source. */
  readonly offsets: Map<string, number>;
}

/** Runs a writer and kills it at a random moment; adds what it was told. */
async function oneLife(folder: string, life: number, told: Acknowledged): Promise<void> {
  const parameters = [fileURLToPath(import.meta.resolve("./crash-writer.ts")), folder, String(life)];
  const child = spawn(process.execPath, parameters, { stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (text) => {
    complaint += text;
  });
  const exited = once(child, "exit");
  for await (const line of createInterface(child.stdout)) {
    const [what = "", value = ""] = line.split(" ");
    if (what === "ready") setTimeout(() => child.kill("SIGKILL"), Math.random() * LONGEST_LIFE_MS);
    else if (what === "object") told.objects.push(value);
    else if (what === "call") told.calls.push(value);
    else if (what === "change") told.changes.push(value);
    else if (what === "point") told.points.push(Number(value));
    else told.offsets.set(what, Math.max(told.offsets.get(what) ?? 0, Number(value)));
  }
  const [, signal] = await exited;
  assert.equal(signal, "SIGKILL", complaint);
}

async function textOf(store: Store, blob: Blob): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of await store.blobs.read(blob)) pieces.push(piece);
  return String(Buffer.concat(pieces));
}

async function checkObjects(store: Store, folder: string, told: Acknowledged): Promise<void> {
  const found = await store.rows.scan<Blob>({ ...THING, limit: 1_000_000 });
  const names = new Set(found.map(({ name }) => name));
  for (const name of told.objects) assert.ok(names.has(name), `object ${name} was acknowledged and is gone`);
  for (const { name, document } of found) assert.equal(await textOf(store, document), contentsOf(name));
  const events = await store.rows.changes(0, 1_000_000);
  assert.deepEqual(events.map(({ name }) => name).sort(), [...names].sort());
  await store.blobs.collect();
  const files = await readdir(join(folder, "blobs"), { recursive: true, withFileTypes: true });
  assert.deepEqual(
    files.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).sort(),
    found.flatMap(({ document }) => (document.sizeBytes > 1000 ? [document.id] : [])).sort(),
  );
}

async function checkLines(store: Store, told: Acknowledged, source: string): Promise<void> {
  const key = { ...STREAM, stream: source };
  const found = await store.series.readLogs(key, { from: 0, limit: Number.POSITIVE_INFINITY });
  const offset = await store.series.logOffset(key, source);
  assert.ok(
    offset >= (told.offsets.get(source) ?? 0),
    `${source}: lines up to ${told.offsets.get(source)} were acknowledged`,
  );
  assert.deepEqual(
    found.map(({ message, sequence }) => [message, sequence]),
    Array.from({ length: offset }, (_, index) => [String(index), index]),
  );
}

async function checkCalls(store: Store, told: Acknowledged): Promise<void> {
  const { calls } = await store.calls.read({ account: "a", limit: 1_000_000 });
  const ids = calls.map(({ requestId }) => requestId);
  assert.equal(new Set(ids).size, ids.length);
  const known = new Set(ids);
  for (const id of told.calls) assert.ok(known.has(id), `call ${id} was acknowledged and is gone`);
  // What was changed and who changed it are there together, whether the caller was told or not.
  const changed = await store.rows.scan({ ...CHANGED, limit: 1_000_000 });
  assert.deepEqual(changed.map(({ name }) => name).sort(), ids.filter((id) => id.includes("changes")).sort());
  for (const id of told.changes) assert.ok(known.has(id), `change ${id} was acknowledged and is gone`);
}

/** Each metric has its own points and no other's, those of the last life all of them. */
async function checkPoints(folder: string, told: Acknowledged): Promise<void> {
  const now = told.points.at(-1) ?? 0;
  const metrics = await openPassing(folder, () => now);
  const timesOf = async (name: string) =>
    (await metrics.readMetrics(metricOf(name), 0, Number.POSITIVE_INFINITY)).map(({ timestamp }) => timestamp);
  const steady = await timesOf("steady");
  assert.equal(new Set(steady).size, steady.length);
  const known = new Set(steady);
  for (const at of told.points) {
    const found = await timesOf(`passing-${at}`);
    const isKept = at >= now - POINTS_KEPT;
    assert.ok(known.has(at) || !isKept, `the point of ${at} was acknowledged and is gone`);
    if (found.length > 0 || isKept) assert.deepEqual(found, [at]);
  }
  await metrics.expire();
  const listed = await metrics.listMetrics({ account: "a", region: "r" });
  assert.ok(listed.length <= POINTS_KEPT + 10, `${listed.length} metrics are known`);
  await metrics.close();
}

test(`of stores killed ${KILLS} times nothing acknowledged is lost, nothing is there twice and nothing is left over`, async (context: TestContext) => {
  const folder = await mkdtemp(join(tmpdir(), "sagebrush-crash-"));
  context.after(() => rm(folder, { recursive: true }));
  const told: Acknowledged = { objects: [], calls: [], changes: [], points: [], offsets: new Map() };
  for (let life = 0; life < KILLS; life++) await oneLife(folder, life, told);
  const store = await open(folder);
  try {
    await checkObjects(store, folder, told);
    for (const source of ["synced", "batched"]) await checkLines(store, told, source);
    await checkCalls(store, told);
    await checkPoints(folder, told);
  } finally {
    await store.close();
  }
  const offsets = [...told.offsets].map(([source, offset]) => `${offset} ${source} lines`).join(", ");
  context.diagnostic(
    `acknowledged: ${told.objects.length} objects, ${told.calls.length} calls, ${told.changes.length} changes, ${told.points.length} points, ${offsets}`,
  );
});
