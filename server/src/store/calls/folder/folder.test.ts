// Calls in a folder: the shared suite, and retention.
import assert from "node:assert/strict";
import { type FileHandle, mkdtemp, open, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Clock, realClock } from "../../../core/clock.ts";
import { openSqliteRows } from "../../rows/sqlite/open.ts";
import { aCall, callsSuite } from "../suite.ts";
import { openFolderCalls } from "./open.ts";

const report = (error: unknown): never => {
  throw error;
};

const aFolder = () => mkdtemp(join(tmpdir(), "sagebrush-calls-"));

/** Calls and the rows beside them, both in one folder. */
async function openCalls(folder: string, clock: Clock) {
  const rows = await openSqliteRows({ file: join(folder, "rows.db"), clock });
  const calls = await openFolderCalls({ folder: join(folder, "calls"), rows, owner: "this", clock, report });
  const close = async () => {
    await calls.close();
    await rows.close();
  };
  return { calls, close };
}

callsSuite("folder", async () => {
  const folder = await aFolder();
  let opened = await openCalls(folder, realClock);
  return {
    calls: () => opened.calls,
    rows: () => opened.calls.keepingRows,
    async reopen() {
      await opened.close();
      opened = await openCalls(folder, realClock);
    },
    async close() {
      await opened.close();
      await rm(folder, { recursive: true });
    },
  };
});

test("a power cut after somebody followed takes nothing of what was given, and what comes then is given too", async (t) => {
  const folder = await aFolder();
  t.after(() => rm(folder, { recursive: true }));
  const account = "cut";
  const log = join(folder, "calls", account, "00000000000000.jsonl");
  let opened = await openCalls(folder, realClock);
  const record = (requestId: string, sync: boolean) => opened.calls.record(aCall(requestId, { account }), { sync });
  await record("before", true);
  const start = await opened.calls.follow({ account, limit: 10 });
  // What the disk is known to have: the size at the last sync.
  let syncedBytes = (await stat(log)).size;
  const handle = await open(log);
  const files = Object.getPrototypeOf(handle);
  await handle.close();
  const { datasync } = files;
  t.mock.method(files, "datasync", async function (this: FileHandle) {
    await datasync.call(this);
    syncedBytes = (await stat(log)).size;
  });
  for (const requestId of ["one", "two"]) await record(requestId, false);
  const { calls, next } = await opened.calls.follow({ account, from: start.next, limit: 10 });
  assert.deepEqual(
    calls.map(({ requestId }) => requestId),
    ["one", "two"],
  );
  await opened.close();
  await truncate(log, syncedBytes);
  opened = await openCalls(folder, realClock);
  await record("after", true);
  const later = await opened.calls.follow({ account, from: next, limit: 10 });
  await opened.close();
  assert.deepEqual(
    later.calls.map(({ requestId }) => requestId),
    ["after"],
  );
});

const DAY_MS = 86_400_000;

test("calls of more than ninety days ago are dropped", async () => {
  const folder = await aFolder();
  let now = 0;
  let wake = () => {};
  const clock: Clock = {
    now: () => now,
    at: (_, callback) => {
      wake = callback;
      return () => {};
    },
  };
  const record = (requestId: string) =>
    opened.calls.record(
      {
        requestId,
        at: now,
        durationMs: 0,
        service: "s3",
        operation: "GetObject",
        account: "a",
        region: "us-east-1",
        sourceIp: "127.0.0.1",
        userAgent: "",
        status: 200,
      },
      { sync: true },
    );
  let opened = await openCalls(folder, clock);
  await record("old");
  now = 60 * DAY_MS;
  await record("younger");
  now = 95 * DAY_MS;
  await record("new");
  wake();
  // Closing waits for the work of the day.
  await opened.close();
  opened = await openCalls(folder, clock);
  const kept = await opened.calls.read({ account: "a", limit: 10 });
  await opened.close();
  await rm(folder, { recursive: true });
  assert.deepEqual(
    kept.calls.map(({ requestId }) => requestId),
    ["new", "younger"],
  );
});
