import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Call } from "../../../core/call.ts";
import { openRows } from "../../../store/rows/open.ts";
import { openIdentities } from "../port.ts";
import { simulation } from "./operations.ts";

test("a page has no more decisions than it may, whatever is asked, and leaves others their turns", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sagebrush-simulation-"));
  t.after(() => rm(folder, { recursive: true }));
  const report = (error: unknown) => assert.fail(String(error));
  const rows = await openRows(
    { file: join(folder, "rows.db") },
    { clock: { now: () => 1, at: () => () => {} }, report },
  );
  t.after(() => rows.close());
  const identities = await openIdentities({ rows, keyFile: join(folder, "key"), now: () => 1 });
  const policy = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}';
  const names = (count: number, of: (index: number) => string) => Array.from({ length: count }, (_, at) => of(at));
  const question = {
    PolicyInputList: [policy],
    ActionNames: names(1000, (at) => `s3:Get${at}`),
    ResourceArns: names(3000, (at) => `arn:aws:s3:::bucket/${at}`),
    MaxItems: 1000,
  };
  let turns = 0;
  const others = setInterval(() => turns++, 0);
  t.after(() => clearInterval(others));
  const call = { account: "123456789012", region: "us-east-1", at: 1 } as Call;
  const page = await simulation(identities).SimulateCustomPolicy?.run(question, call);
  assert.equal(page?.EvaluationResults?.length, 3);
  assert.equal(page?.IsTruncated, true);
  assert.ok(turns > 10, `${turns} turns`);
});
