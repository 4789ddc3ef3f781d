// What every implementation of Calls has to do.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { CallRecord, Calls } from "./calls.ts";

export interface CallsUnderTest {
  calls(): Calls;
  /** Closes and opens again. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

const aCall = (requestId: string, more: Partial<CallRecord> = {}): CallRecord => ({
  requestId,
  at: 1000,
  durationMs: 5,
  service: "sagemaker",
  operation: "DescribeModel",
  account: "123456789012",
  region: "us-east-1",
  sourceIp: "127.0.0.1",
  userAgent: "Boto3/1.40",
  status: 200,
  ...more,
});

export function callsSuite(title: string, open: () => Promise<CallsUnderTest>): void {
  describe(title, () => define(open));
}

function define(open: () => Promise<CallsUnderTest>): void {
  let store: CallsUnderTest;
  before(async () => {
    store = await open();
  });
  after(() => store.close());
  const it = (behaviour: string, run: () => Promise<void>) => test(behaviour, run);

  it("a call is read as it was recorded, at once and after opening again", async () => {
    const account = "1";
    const call = aCall("whole", {
      account,
      status: 400,
      errorCode: "ValidationException",
      parameters: { ModelName: "m" },
    });
    await store.calls().record(call, { sync: false });
    assert.deepEqual(await store.calls().read({ account, limit: 10 }), { calls: [call] });
    await store.calls().record(aCall("waiting", { account }), { sync: false });
    await store.reopen();
    const { calls } = await store.calls().read({ account, limit: 10 });
    assert.deepEqual(
      calls.map(({ requestId }) => requestId),
      ["waiting", "whole"],
    );
  });

  it("pages go from the newest to the oldest, hold each call once, and none of another account", async () => {
    const account = "2";
    for (let index = 0; index < 25; index++) {
      await store.calls().record(aCall(`call ${index}`, { account, at: 1000 + index }), { sync: index % 5 === 0 });
      await store.calls().record(aCall("foreign", { account: "3" }), { sync: false });
    }
    const found: string[] = [];
    for (let next: number | undefined, more = true; more; more = next !== undefined) {
      const page = await store.calls().read({ account, limit: 10, after: next });
      found.push(...page.calls.map(({ requestId }) => requestId));
      next = page.next;
    }
    assert.deepEqual(
      found,
      Array.from({ length: 25 }, (_, index) => `call ${24 - index}`),
    );
    const early = await store.calls().read({ account, limit: 10, before: 1007 });
    assert.deepEqual(
      early.calls.map(({ requestId }) => requestId),
      ["call 1", "call 0"],
    );
  });

  it("an account without calls has none", async () => {
    assert.deepEqual(await store.calls().read({ account: "nobody", limit: 10 }), { calls: [] });
  });
}
