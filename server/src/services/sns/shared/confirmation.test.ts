import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openRows } from "../../../store/rows/open.ts";
import { confirm, ENDED } from "./confirmation.ts";
import type { Parts } from "./parts.ts";
import { SUBSCRIPTION, subscriptionArn, subscriptionKey } from "./subscriptions.ts";
import { createTokens } from "./tokens.ts";
import { topicKey } from "./topics.ts";

test("a subscription is not restored to a topic that is deleted meanwhile", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sagebrush-consents-"));
  t.after(() => rm(folder, { recursive: true }));
  const report = (error: unknown) => assert.fail(String(error));
  const rows = await openRows(
    { file: join(folder, "rows.db") },
    { clock: { now: () => 1, at: () => () => {} }, report },
  );
  t.after(() => rows.close());
  const place = { account: "123456789012", region: "us-east-1" };
  const topic = topicKey(place, "topic");
  const key = subscriptionKey(place, "topic", "11111111-2222-3333-4444-555555555555");
  const row = { createdAt: 1, modifiedAt: 1, document: {} };
  await rows.commit({
    put: [
      { ...topic, ...row, status: "Active" },
      { ...key, ...row, kind: ENDED, status: "Ended" },
    ],
  });
  const tokens = createTokens(Buffer.alloc(32));
  let isDeleted = false;
  const parts = {
    tokens,
    rows: {
      ...rows,
      async commit(change: Parameters<typeof rows.commit>[0]) {
        if (!isDeleted) await rows.commit({ remove: [topic] });
        isDeleted = true;
        await rows.commit(change);
      },
    },
  } as unknown as Parts;
  const token = tokens.write("confirm", subscriptionArn(place, key.name));
  const facts = { region: place.region, at: 2, signed: false, locked: false };
  await assert.rejects(confirm(parts, token, facts), { code: "InvalidParameter" });
  assert.deepEqual(await rows.scan({ kind: SUBSCRIPTION, scope: key.scope, limit: 10 }), []);
});
