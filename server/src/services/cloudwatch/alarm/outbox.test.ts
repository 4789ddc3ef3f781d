import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Clock } from "../../../core/clock.ts";
import type { ServiceEvent } from "../../../core/ports.ts";
import { openRows } from "../../../store/rows/open.ts";
import { eventRow, OUTBOX, Outbox } from "./outbox.ts";

const place = { account: "123456789012", region: "us-east-1" };
const anEvent = (detailType: string, at: number): ServiceEvent => ({
  ...place,
  source: "aws.cloudwatch",
  detailType,
  at,
  resources: [],
  detail: {},
});

test("a notice that fails keeps no other back, and is tried again by itself", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sagebrush-alarms-"));
  t.after(() => rm(folder, { recursive: true }));
  let wakes: (() => void)[] = [];
  const clock: Clock = {
    now: () => 1000,
    at(_time, wake) {
      wakes.push(wake);
      return () => {
        wakes = wakes.filter((one) => one !== wake);
      };
    },
  };
  const failures: unknown[] = [];
  const report = (error: unknown) => void failures.push(error);
  const rows = await openRows({ file: join(folder, "rows.db") }, { clock, report });
  t.after(() => rows.close());
  const told: string[] = [];
  let isBroken = true;
  const bus = {
    async put([event]: readonly ServiceEvent[]) {
      if (event?.detailType === "first" && isBroken) throw new Error("no bus");
      told.push(event?.detailType ?? "");
    },
  };
  const outbox = new Outbox({ rows, bus, topics: undefined, clock, now: clock.now, report });
  await rows.commit({ put: [eventRow(place, anEvent("first", 1)), eventRow(place, anEvent("second", 2))] });
  const left = async () => {
    let count = 0;
    for await (const _ of rows.everywhere(OUTBOX, [])) count++;
    return count;
  };
  const until = async (holds: () => Promise<boolean>) => {
    const deadline = performance.now() + 20_000;
    while (!(await holds())) {
      assert.ok(performance.now() < deadline, "it never came to be");
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  outbox.deliver();
  await until(async () => (await left()) === 1);
  assert.deepEqual([told, failures.length, wakes.length], [["second"], 1, 1]);
  isBroken = false;
  for (const wake of wakes.splice(0)) wake();
  await until(async () => (await left()) === 0);
  assert.deepEqual(told, ["second", "first"]);
  await outbox.close();
});
