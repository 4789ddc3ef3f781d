import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openRows } from "../../../store/rows/open.ts";
import type { Series } from "../../../store/series/series.ts";
import { Queries } from "./runner.ts";

const place = { account: "123456789012", region: "us-east-1" };
const MANY = 20_000;

test("who asks again and again for what is found so far does not have it worked out each time", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sagebrush-queries-"));
  t.after(() => rm(folder, { recursive: true }));
  const report = (error: unknown) => assert.fail(String(error));
  const clock = { now: () => 1000, at: () => () => {} };
  const rows = await openRows({ file: join(folder, "rows.db") }, { clock, report });
  t.after(() => rows.close());
  const { promise: end, resolve: letEnd } = Promise.withResolvers<void>();
  const series = {
    logStreams: async () => [
      { stream: "s", createdAt: 0, firstEventAt: 0, lastEventAt: 1000, storedBytes: 1, events: 1 },
    ],
    async readLogs(_key: unknown, { from }: { readonly from: number }) {
      if (from > 0) {
        await end;
        return [];
      }
      return Array.from({ length: MANY }, (_, at) => ({
        timestamp: 1,
        message: `m${at}`,
        ingestedAt: 1,
        sequence: at,
      }));
    },
  } as unknown as Series;
  const queries = new Queries({ rows, series, clock, report });
  const close = await queries.run();
  const document = {
    queryString: "stats count(*) by @message",
    groups: ["g"],
    startTime: 0,
    endTime: 2,
    limit: 10_000,
  };
  const id = await queries.start(place, document);
  const deadline = performance.now() + 20_000;
  const state = async () => {
    const found = await queries.find(place, id);
    assert.ok(found && performance.now() < deadline);
    return found;
  };
  while ((await state()).statistics.recordsScanned < MANY) await new Promise((resolve) => setImmediate(resolve));
  const first = await queries.found(await state());
  assert.equal(first.length, 10_000);
  assert.equal(await queries.found(await state()), first);
  letEnd();
  while ((await state()).status !== "Complete") await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await queries.found(await state())).length, 10_000);
  await close();
});
