// Messages to more subscriptions than one commit takes, over real rows; the deliveries wait, so that they can be counted.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { realClock } from "../../../core/clock.ts";
import { createOutbox } from "../../../store/outbox.ts";
import { openRows } from "../../../store/rows/open.ts";
import type { Change } from "../../../store/rows/rows.ts";
import { broadcast, MOST_BYTES, MOST_DELIVERIES } from "./broadcast.ts";
import type { Broadcast, Delivery, Parts } from "./parts.ts";
import { publish } from "./publishing.ts";
import { subscriptionKey } from "./subscriptions.ts";

const topic = { account: "123456789012", region: "us-east-1", name: "topic" };
const scope = "123456789012/us-east-1";
const report = (error: unknown) => assert.fail(String(error));

/** Rows with so many subscriptions, of which every tenth wants other messages and every hundredth waits for consent. */
async function subscribed(t: TestContext, count: number) {
  const folder = await mkdtemp(join(tmpdir(), "sagebrush-broadcasts-"));
  t.after(() => rm(folder, { recursive: true }));
  const rows = await openRows({ file: join(folder, "rows.db") }, { clock: realClock, report });
  t.after(() => rows.close());
  const put = Array.from({ length: count }, (_, at) => ({
    ...subscriptionKey(topic, topic.name, String(at).padStart(6, "0")),
    createdAt: 1,
    modifiedAt: 1,
    status: at % 100 === 1 ? "Pending" : "Confirmed",
    document: {
      protocol: "http",
      endpoint: "http://house.example/",
      attributes: at % 10 === 0 ? { FilterPolicy: '{"color":["red"]}' } : {},
    },
  }));
  await rows.commit({ put });
  const wanted = put.filter((_, at) => at % 100 !== 1 && at % 10 !== 0).map(({ name }) => name.split(":")[1] ?? "");
  return { rows, wanted };
}

type Rows = Awaited<ReturnType<typeof subscribed>>["rows"];

/** A server's part of SNS, whose deliveries wait; `commits` has the sizes of what it commits. */
function aServer(real: Rows, fails: (change: Change) => boolean = () => false) {
  const commits: { readonly rows: number; readonly bytes: number }[] = [];
  const rows: Rows = {
    ...real,
    async commit(change) {
      if (fails(change)) throw new Error("The server ended here.");
      const put = change.put ?? [];
      commits.push({ rows: put.length, bytes: JSON.stringify(put).length });
      await real.commit(change);
    },
  };
  const shared = { rows, clock: realClock, report: () => {} };
  const waiting = { ...shared, kind: "sns:delivery", width: 1, laneWidth: 0 };
  const outbox = createOutbox<Delivery>({ ...waiting, attempt: async () => "over" });
  const made = { ...shared, kind: "sns:broadcast", width: 4, laneWidth: 1 };
  const broadcasts = createOutbox<Broadcast>({ ...made, attempt: (attempt) => broadcast(parts, attempt) });
  const parts = { ...shared, outbox, broadcasts, series: { putMetrics: async () => {} } } as unknown as Parts;
  return { parts, commits, broadcasts };
}

const namesOf = async (rows: Rows, kind: string) =>
  (await rows.scan({ kind, scope, limit: 100_000 })).map(({ name, version }) => `${name} ${version}`);

async function untilMade(rows: Rows): Promise<void> {
  const deadline = performance.now() + 30_000;
  while ((await namesOf(rows, "sns:broadcast")).length > 0) {
    assert.ok(performance.now() < deadline, "the deliveries were never made");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const aMessage = (text: string) => ({ text, attributes: {} });
const deliveries = (ids: readonly string[], wanted: readonly string[]) =>
  ids.flatMap((id) => wanted.map((name) => `${id}/${name} 1`)).sort();

test("a message to many subscriptions is kept at once and delivered in commits of their size", async (t) => {
  const { rows, wanted } = await subscribed(t, 2500);
  const { parts, commits, broadcasts } = aServer(rows);
  const ids = await publish(parts, topic, [aMessage("one"), aMessage("two")]);
  assert.deepEqual([commits.length, (await namesOf(rows, "sns:broadcast")).length], [1, 2]);
  const late = subscriptionKey(topic, topic.name, "late");
  const subscription = { protocol: "http", endpoint: "http://late.example/", attributes: {} };
  const times = { createdAt: Date.now() + 1000, modifiedAt: 1 };
  await rows.commit({ put: [{ ...late, ...times, status: "Confirmed", document: subscription }] });
  await broadcasts.start();
  await untilMade(rows);
  await broadcasts.close();
  assert.deepEqual((await namesOf(rows, "sns:delivery")).sort(), deliveries(ids, wanted));
  assert.ok(commits.every((commit) => commit.rows <= MOST_DELIVERIES + 1));
});

test("a long message is delivered in commits of so many bytes, a short one to few in one", async (t) => {
  const { rows, wanted } = await subscribed(t, 90);
  const { parts, commits, broadcasts } = aServer(rows);
  await broadcasts.start();
  const ids = [...(await publish(parts, topic, [aMessage("short")]))];
  assert.deepEqual([commits.length, commits[0]?.rows], [1, wanted.length]);
  ids.push(...(await publish(parts, topic, [aMessage("x".repeat(256_000))])));
  await untilMade(rows);
  await broadcasts.close();
  assert.deepEqual((await namesOf(rows, "sns:delivery")).sort(), deliveries(ids, wanted));
  assert.ok(commits.every(({ bytes }) => bytes < MOST_BYTES + 400_000));
});

test("a server that ends between two commits leaves the rest to the next, and nothing is made twice", async (t) => {
  const { rows, wanted } = await subscribed(t, 3500);
  let left = 2;
  const first = aServer(rows, () => left-- <= 0);
  const ids = await publish(first.parts, topic, [aMessage("one")]);
  await first.broadcasts.start();
  while (left >= 0) await new Promise((resolve) => setImmediate(resolve));
  await first.broadcasts.close();
  const made = await namesOf(rows, "sns:delivery");
  assert.ok(made.length > 0 && made.length < wanted.length);
  const second = aServer(rows);
  await second.broadcasts.start();
  await untilMade(rows);
  await second.broadcasts.close();
  assert.deepEqual((await namesOf(rows, "sns:delivery")).sort(), deliveries(ids, wanted));
});
