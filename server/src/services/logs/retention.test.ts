// Old lines leave the disk, over real stores and a clock that is moved.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Clock } from "../../core/clock.ts";
import { openSqliteRows } from "../../store/rows/sqlite/open.ts";
import { openFolderSeries } from "../../store/series/folder/open.ts";
import { startRetention } from "./retention.ts";
import { type GroupSettings, groupKey } from "./shared/groups.ts";

const DAY_MS = 86_400_000;

/** A clock that wakes whoever is due when it is moved. */
function aClock(start: number): Clock & { move(milliseconds: number): void } {
  let now = start;
  let waiting: { readonly time: number; readonly wake: () => void }[] = [];
  return {
    now: () => now,
    at(time, wake) {
      const entry = { time, wake };
      waiting.push(entry);
      return () => {
        waiting = waiting.filter((one) => one !== entry);
      };
    },
    move(milliseconds) {
      now += milliseconds;
      const due = waiting.filter(({ time }) => time <= now);
      waiting = waiting.filter(({ time }) => time > now);
      for (const { wake } of due) wake();
    },
  };
}

test("lines older than the group's retention are dropped, those of other groups are kept", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "retention-"));
  t.after(() => rm(folder, { recursive: true }));
  const clock = aClock(Date.parse("2020-09-01T12:00:00Z"));
  const report = (error: unknown) => assert.fail(String(error));
  const rows = await openSqliteRows({ file: join(folder, "rows.sqlite"), clock });
  t.after(() => rows.close());
  const series = await openFolderSeries({ folder: join(folder, "series"), clock, report });
  t.after(() => series.close());
  const place = { account: "123456789012", region: "us-east-1" };
  const document: GroupSettings = { retentionDays: 1, tags: {} };
  const at = clock.now();
  const row = { ...groupKey(place, "short"), status: "Active", createdAt: at, modifiedAt: at, document };
  await rows.commit({ put: [row] });
  const write = async (message: string) => {
    for (const group of ["short", "long"]) {
      const event = { timestamp: clock.now(), message };
      await series.appendLogs({ ...place, group, stream: "s" }, [event], { sync: false });
    }
  };
  const kept = async (group: string) => {
    const lines = await series.readLogs({ ...place, group, stream: "s" }, { from: 0, limit: 10 });
    return lines.map(({ message }) => message);
  };
  await write("old");
  const stop = startRetention({ rows, series, clock, report });
  clock.move(DAY_MS / 2);
  await write("older than a day soon");
  clock.move(2 * DAY_MS);
  await stop();
  const sweep = startRetention({ rows, series, clock, report });
  await write("new");
  clock.move(DAY_MS);
  await sweep();
  assert.deepEqual(
    { short: await kept("short"), long: await kept("long") },
    { short: ["new"], long: ["old", "older than a day soon", "new"] },
  );
});
