// Calls in a folder: the shared suite, and retention.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Clock, realClock } from "../../../core/clock.ts";
import { openSqliteRows } from "../../rows/sqlite/open.ts";
import { callsSuite } from "../suite.ts";
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
