// What every implementation of Calls has to do.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import type { Change, Rows } from "../rows/rows.ts";
import type { CallRecord, Calls } from "./calls.ts";

export interface CallsUnderTest {
  calls(): Calls;
  /** Their commits keep the call they are made in. */
  rows(): Rows;
  /** Closes and opens again. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** A call that was answered, with what a test cares about. */
export const aCall = (requestId: string, more: Partial<CallRecord> = {}): CallRecord => ({
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

  it("a call that is on its way to the disk is read", async () => {
    const account = "on-its-way";
    const one = aCall("one", { account });
    const recorded = store.calls().record(one, { sync: true });
    assert.deepEqual((await store.calls().read({ account, limit: 10 })).calls, [one]);
    await recorded;
  });

  followTests(it, () => store);

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

  keptTests(it, () => store);

  it("an account without calls has none", async () => {
    assert.deepEqual(await store.calls().read({ account: "nobody", limit: 10 }), { calls: [] });
  });
}

type It = (behaviour: string, run: () => Promise<void>) => void;

function followTests(it: It, store: () => CallsUnderTest): void {
  it("who follows begins at the end and is given what comes after, also after opening again", async () => {
    const account = "followed";
    await store().calls().record(aCall("before", { account }), { sync: true });
    const { calls, next: start } = await store().calls().follow({ account, limit: 10 });
    assert.deepEqual(calls, []);
    const later = ["one", "two", "three"].map((requestId) => aCall(requestId, { account }));
    for (const call of later) await store().calls().record(call, { sync: false });
    const first = await store().calls().follow({ account, from: start, limit: 2 });
    assert.deepEqual(first, { calls: later.slice(0, 2), next: first.next, hasMore: true });
    await store().reopen();
    const second = await store().calls().follow({ account, from: first.next, limit: 2 });
    assert.deepEqual(second.calls, later.slice(2));
    assert.deepEqual(await store().calls().follow({ account, from: second.next, limit: 2 }), {
      calls: [],
      next: second.next,
    });
    assert.deepEqual(await store().calls().follow({ account: "nobody", limit: 2 }), { calls: [], next: 0 });
    // As where the log is from an older backup than the place.
    const beyond = { account, from: second.next + 5, limit: 2 };
    assert.deepEqual(await store().calls().follow(beyond), { calls: [], next: second.next });
  });

  it("who follows long calls is given fewer of them at once, and all of them in the end", async () => {
    const account = "long";
    await store().calls().record(aCall("before", { account }), { sync: true });
    let { next } = await store().calls().follow({ account, limit: 10 });
    const ids = Array.from({ length: 900 }, (_, index) => `long-${index}`);
    const parameters = { Text: "x".repeat(40_000) };
    for (const id of ids) await store().calls().record(aCall(id, { account, parameters }), { sync: false });
    const pages: number[] = [];
    const found: string[] = [];
    for (let more: true | undefined = true; more; ) {
      const page = await store().calls().follow({ account, from: next, limit: 5000 });
      found.push(...page.calls.map(({ requestId }) => requestId));
      pages.push(page.calls.length);
      next = page.next;
      more = page.hasMore;
    }
    assert.deepEqual(found, ids);
    assert.ok(Math.max(...pages) < ids.length, `pages of ${pages.join(", ")}`);
  });
}

function keptTests(it: It, store: () => CallsUnderTest): void {
  const thing = { kind: "test:thing", scope: "s", status: "", createdAt: 1, modifiedAt: 1, document: null };
  /** Commits in the name of a call; gives what the store then knows of the call. */
  const commitIn = async (record: CallRecord, change: Change = { put: [{ ...thing, name: record.requestId }] }) => {
    const call = { record: () => record, isKept: false };
    await store()
      .calls()
      .during(call, () => store().rows().commit(change))
      .catch(() => {});
    return call;
  };
  const idsOf = async (account: string) => {
    const { calls } = await store().calls().read({ account, limit: 100 });
    return calls.map(({ requestId, status }) => `${requestId} ${status}`);
  };

  it("a call that a commit kept is read once, whether it was recorded then or the server ended before", async () => {
    const account = "4";
    const ended = aCall("ended", { account });
    const cut = aCall("cut", { account });
    const call = await commitIn(ended);
    assert.equal(call.isKept, true);
    await store().calls().record(ended, { sync: false, isKept: true });
    await commitIn(cut);
    await store().reopen();
    assert.deepEqual(await idsOf(account), ["cut 200", "ended 200"]);
    await store().reopen();
    assert.deepEqual(await idsOf(account), ["cut 200", "ended 200"]);
  });

  it("a call whose commit was refused, or that failed after it, is read as it ended", async () => {
    const account = "5";
    const refused = aCall("refused", { account });
    const expect = [{ key: { ...thing, name: "none" }, version: "present" as const }];
    assert.equal((await commitIn(refused, { expect })).isKept, false);
    await store()
      .calls()
      .record({ ...refused, status: 400 }, { sync: false, isKept: false });
    const failed = aCall("failed", { account });
    await commitIn(failed);
    await store()
      .calls()
      .record({ ...failed, status: 500 }, { sync: false, isKept: true });
    await store().reopen();
    assert.deepEqual(await idsOf(account), ["failed 500", "refused 400"]);
  });

  it("what follows a commit is not done in the name of its call", async () => {
    const account = "6";
    const followed = new EventTarget();
    const stop = new AbortController();
    const follow = async () => {
      stop.abort();
      await store()
        .rows()
        .commit({ put: [{ ...thing, name: "follows" }] });
      followed.dispatchEvent(new Event("done"));
    };
    store()
      .rows()
      .watch(() => void follow(), stop.signal);
    const done = once(followed, "done", { signal: AbortSignal.timeout(10_000) });
    const call = aCall("followed", { account });
    const put = [{ ...thing, name: "followed" }];
    await commitIn(call, { put, events: [{ ...thing, name: "followed", type: "created" }] });
    await done;
    await store().calls().record(call, { sync: true, isKept: true });
    assert.deepEqual(await idsOf(account), ["followed 200"]);
  });
}
