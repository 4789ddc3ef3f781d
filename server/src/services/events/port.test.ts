import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Clock } from "../../core/clock.ts";
import type { ServiceEvent } from "../../core/ports.ts";
import { createOutbox } from "../../store/outbox.ts";
import { openRows } from "../../store/rows/open.ts";
import type { Rows } from "../../store/rows/rows.ts";
import type { Series } from "../../store/series/series.ts";
import { createEventBus } from "./port.ts";
import type { Delivery, Parts } from "./shared/parts.ts";
import { createRuleBook } from "./shared/rule-book.ts";
import { ruleKey } from "./shared/rule-rows.ts";

const folder = await mkdtemp(join(tmpdir(), "sagebrush-bus-"));
const clock: Clock = { now: () => 1_000_000, at: () => () => {} };
const reports: string[] = [];
const report = (error: unknown) => void reports.push(String(error));
const rows = await openRows({ file: join(folder, "rows.db") }, { clock, report });
after(async () => {
  await rows.close();
  await rm(folder, { recursive: true, force: true });
});

const place = { account: "123456789012", region: "us-east-1" };
const document = {
  pattern: JSON.stringify({ source: ["aws.sagemaker"] }),
  tags: {},
  targets: [{ Id: "1", Arn: "arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/a" }],
  createdBy: place.account,
};
await rows.commit({
  put: [{ ...ruleKey({ ...place, bus: "default" }, "all"), status: "ENABLED", createdAt: 1, modifiedAt: 1, document }],
});

/** The bus of a server that keeps its rows in `store`; what is put stays to be delivered. */
function aBus(store: Rows = rows) {
  const attempt = () => new Promise<never>(() => {});
  const kind = "events:delivery";
  const outbox = createOutbox<Delivery>({ rows, clock, kind, width: 0, laneWidth: 0, attempt, report });
  const series = { putMetrics: async () => {} } as unknown as Series;
  return createEventBus({
    rows: store,
    series,
    clock,
    outbox,
    report,
    rules: createRuleBook(rows),
  } as unknown as Parts);
}

const anEvent = (id: string, detail: object = {}): ServiceEvent => ({
  ...place,
  id,
  source: "aws.sagemaker",
  detailType: "Thing State Change",
  at: 1,
  resources: [`arn:${id}`],
  detail,
});

async function kept(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { document } of rows.everywhere<{ readonly item: Delivery }>("events:delivery", []))
    found.push(document.item.event.id);
  return found.sort();
}

test("an event that cannot be kept is reported and left out; those put behind it are kept", async () => {
  const endless: Record<string, unknown> = {};
  endless["itself"] = endless;
  await aBus().put([anEvent("a"), anEvent("b", endless), anEvent("c")]);
  assert.deepEqual(await kept(), ["a", "c"]);
  assert.deepEqual(reports, [
    'Error: The event "Thing State Change" of arn:b cannot be matched or kept; it is left out.',
  ]);
});

test("a store that fails is told to whoever puts, who tries again", async () => {
  const full = new Error("no space");
  const failing = { ...rows, commit: () => Promise.reject(full) };
  await assert.rejects(aBus(failing).put([anEvent("d")]), full);
  await aBus().put([anEvent("d")]);
  await aBus().put([anEvent("d")]);
  assert.deepEqual(await kept(), ["a", "c", "d"]);
});
