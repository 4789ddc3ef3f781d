import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createTurns } from "../../core/turns.ts";
import { openRows } from "../../store/rows/open.ts";
import { deliverAll } from "./deliveries.ts";
import { type Parts, trailKey } from "./shared/trails.ts";

test("a trail that cannot be served keeps no other waiting", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sagebrush-trails-"));
  t.after(() => rm(folder, { recursive: true }));
  const clock = { now: () => 1000, at: () => () => {} };
  const failures: unknown[] = [];
  const report = (error: unknown) => void failures.push(error);
  const rows = await openRows({ file: join(folder, "rows.db") }, { clock, report });
  t.after(() => rows.close());
  const accounts = ["111111111111", "222222222222"];
  for (const account of accounts) {
    const key = trailKey(account, "us-east-1", "trail");
    await rows.commit({ put: [{ ...key, status: "", createdAt: 1, modifiedAt: 1, document: { delivered: 0 } }] });
  }
  const asked: string[] = [];
  const follow = async ({ account }: { readonly account: string }) => {
    asked.push(account);
    throw new Error("The log of calls is damaged.");
  };
  await deliverAll({ rows, clock, calls: { follow }, turns: createTurns() } as unknown as Parts, report);
  assert.deepEqual([asked, failures.length], [accounts, 2]);
});
