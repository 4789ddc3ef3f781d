import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Clock } from "../../core/clock.ts";
import { createOutbox } from "../../store/outbox.ts";
import { openRows } from "../../store/rows/open.ts";
import type { Rows } from "../../store/rows/rows.ts";
import type { Series } from "../../store/series/series.ts";
import { openScheduler } from "./scheduler.ts";
import type { Delivery, Parts } from "./shared/parts.ts";
import { createRuleBook } from "./shared/rule-book.ts";
import { ruleKey } from "./shared/rule-rows.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const bus = { account: "123456789012", region: "us-east-1", bus: "default" };

const folder = await mkdtemp(join(tmpdir(), "sagebrush-schedules-"));
let time = START;
const report = (error: unknown) => assert.fail(String(error));
const rows = await openRows(
  { file: join(folder, "rows.db") },
  { clock: { now: () => time, at: () => () => {} }, report },
);
after(async () => {
  await rows.close();
  await rm(folder, { recursive: true, force: true });
});

/** A server's scheduler, with a clock that wakes nobody before `move`. Deliveries stay where they are put. */
function aServer(store: Rows = rows) {
  let waiting: { readonly at: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    now: () => time,
    at(at, wake) {
      const one = { at, wake };
      waiting.push(one);
      return () => {
        waiting = waiting.filter((other) => other !== one);
      };
    },
  };
  const attempt = () => new Promise<never>(() => {});
  const outbox = createOutbox<Delivery>({
    rows,
    clock,
    kind: "events:delivery",
    width: 0,
    laneWidth: 0,
    attempt,
    report,
  });
  const series = { putMetrics: async () => {} } as unknown as Series;
  const parts = { rows: store, series, clock, outbox, report, rules: createRuleBook(rows) } as unknown as Parts;
  return {
    scheduler: openScheduler(parts),
    move(byMs: number) {
      time += byMs;
      const due = waiting.filter(({ at }) => at <= time);
      waiting = waiting.filter(({ at }) => at > time);
      for (const { wake } of due) wake();
    },
  };
}

const putRule = async (name: string, schedule: string, status = "ENABLED") => {
  const key = ruleKey(bus, name);
  const targets = [{ Id: "1", Arn: "arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/x" }];
  const document = { schedule, tags: {}, targets, createdBy: bus.account };
  await rows.commit({ put: [{ ...key, status, createdAt: time, modifiedAt: time, document }] });
};

/** Times of the starts of a rule that are kept for delivery. */
async function starts(rule: string): Promise<string[]> {
  const scope = "123456789012/us-east-1/default";
  const found = await rows.scan<{ item: Delivery }>({ kind: "events:delivery", scope, limit: 100 });
  return found
    .map(({ document }) => document.item)
    .filter((item) => item.rule === rule)
    .map(({ event }) => event.time)
    .sort();
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, "it never came to be");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a rule starts at its times, also after another server has taken over, and never twice", async () => {
  await putRule("rate", "rate(5 minutes)");
  const first = aServer();
  await first.scheduler.look(bus, "rate");
  first.move(5 * 60_000);
  await until(async () => (await starts("rate")).length === 1);
  await first.scheduler.close();

  const second = aServer();
  const third = aServer();
  await Promise.all([second.scheduler.start(), third.scheduler.start()]);
  second.move(5 * 60_000);
  third.move(0);
  await until(async () => (await starts("rate")).length === 2);
  await Promise.all([second.scheduler.close(), third.scheduler.close()]);
  assert.deepEqual(await starts("rate"), ["2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z"]);
});

test("a time that passed without a server is made up for within a minute, else left out; the beat stays", async () => {
  await putRule("beat", "rate(10 minutes)");
  const at = time;
  const first = aServer();
  await first.scheduler.look(bus, "beat");
  await first.scheduler.close();

  time = at + 10 * 60_000 + 30_000;
  const second = aServer();
  await second.scheduler.start();
  second.move(0);
  await until(async () => (await starts("beat")).length === 1);
  await second.scheduler.close();

  time = at + 35 * 60_000;
  const third = aServer();
  await third.scheduler.start();
  third.move(0);
  const nextAt = async () => {
    const row = await rows.get<{ at: number }>({ ...ruleKey(bus, "beat"), kind: "events:due" });
    return row?.document.at;
  };
  await until(async () => (await nextAt()) === at + 40 * 60_000);
  assert.equal((await starts("beat")).length, 1);
  await third.scheduler.close();
});

test("a rule that is disabled starts nothing, and enabled again it begins anew", async () => {
  await putRule("off", "rate(1 minute)");
  const server = aServer();
  await server.scheduler.look(bus, "off");
  await putRule("off", "rate(1 minute)", "DISABLED");
  await server.scheduler.look(bus, "off");
  server.move(60_000);
  await putRule("off", "rate(1 minute)");
  await server.scheduler.look(bus, "off");
  server.move(60_000);
  await until(async () => (await starts("off")).length === 1);
  await server.scheduler.close();
});

test("a rule that one call disables while another enables it again goes on starting", async () => {
  await putRule("two", "rate(1 minute)");
  const { promise: isSlow, resolve: end } = Promise.withResolvers<void>();
  const server = aServer({
    ...rows,
    async commit(change) {
      if (change.remove?.length) await isSlow;
      await rows.commit(change);
    },
  });
  await server.scheduler.look(bus, "two");
  await putRule("two", "rate(1 minute)", "DISABLED");
  const disabled = server.scheduler.look(bus, "two");
  await putRule("two", "rate(1 minute)");
  const enabled = server.scheduler.look(bus, "two");
  await new Promise((resolve) => setImmediate(resolve));
  end();
  await Promise.all([disabled, enabled]);
  server.move(60_000);
  await until(async () => (await starts("two")).length === 1);
  await server.scheduler.close();
});
