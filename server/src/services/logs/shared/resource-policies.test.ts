import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openRows } from "../../../store/rows/open.ts";
import { ResourcePolicies } from "./resource-policies.ts";

let now = 1_000_000;
const folder = await mkdtemp(join(tmpdir(), "sagebrush-policies-"));
const report = (error: unknown) => assert.fail(String(error));
const rows = await openRows(
  { file: join(folder, "rows.db") },
  { clock: { now: () => now, at: () => () => {} }, report },
);
after(async () => {
  await rows.close();
  await rm(folder, { recursive: true, force: true });
});

const place = { account: "123456789012", region: "us-east-1" };
const saying = (...sids: readonly string[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement: sids.map((Action) => ({ Action })) });
const policy = (Action: string) => JSON.stringify({ Version: "2012-10-17", Statement: { Sid: "1", Action } });

test("a policy is in force at once where it was put, and a second later for another server of the same rows", async () => {
  const [here, there] = [new ResourcePolicies(rows, () => now), new ResourcePolicies(rows, () => now)];
  assert.equal(await there.together(place), undefined);
  await here.put(place, "a", policy("logs:PutLogEvents"), now);
  assert.equal(await here.together(place), saying("logs:PutLogEvents"));
  now += 1000;
  assert.equal(await there.together(place), saying("logs:PutLogEvents"));
  await there.put(place, "b", policy("logs:CreateLogStream"), now);
  assert.equal(await there.has(place, "a"), true);
  assert.equal(await there.together(place), saying("logs:PutLogEvents", "logs:CreateLogStream"));
  await there.remove(place, "a");
  now += 1000;
  assert.equal(await here.together(place), saying("logs:CreateLogStream"));
  assert.equal(await here.together({ ...place, region: "eu-west-1" }), undefined);
});

test("what two servers put at once is no more than there may be", async () => {
  const elsewhere = { ...place, region: "eu-west-2" };
  const servers = [new ResourcePolicies(rows, () => now), new ResourcePolicies(rows, () => now)];
  const puts = Array.from({ length: 24 }, (_, number) =>
    servers[number % 2]?.put(elsewhere, `p-${number}`, policy("logs:PutLogEvents"), now),
  );
  const refused = (await Promise.allSettled(puts)).filter(({ status }) => status === "rejected");
  assert.equal(refused.length, 14);
  assert.equal((await servers[0]?.all(elsewhere))?.length, 10);
});
