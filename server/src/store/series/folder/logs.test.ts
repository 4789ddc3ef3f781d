// What deleted streams and groups leave behind, and streams whose lines are all past their retention.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Journals } from "../../journal/journals.ts";
import { createLogs } from "./logs.ts";

const place = { account: "123456789012", region: "us-east-1" };

async function withLogs(use: (logs: ReturnType<typeof createLogs>, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sagebrush-logs-"));
  const journals = new Journals(() => 0);
  try {
    await use(
      createLogs(folder, journals, () => 0),
      folder,
    );
  } finally {
    await journals.close();
    await rm(folder, { recursive: true });
  }
}

const groupsOn = (folder: string) => readdir(join(folder, place.account, place.region));
const aLine = { timestamp: 1, message: "a line" };

test("deleted streams leave nothing, and the last takes its group along", () =>
  withLogs(async (logs, folder) => {
    const keys = ["one", "two"].map((stream) => ({ ...place, group: "g", stream }));
    for (let round = 0; round < 3; round++) {
      for (const key of keys) await logs.appendLogs(key, [aLine], { sync: false });
      assert.equal((await logs.logStreams({ ...place, group: "g" }, "")).length, 2);
      assert.equal((await groupsOn(folder)).length, 1);
      for (const key of keys) await logs.deleteLogStream(key);
      assert.deepEqual(await groupsOn(folder), []);
      assert.deepEqual(await logs.logStreams({ ...place, group: "g" }, ""), []);
      assert.deepEqual(await logs.logGroups(place, ""), []);
    }
  }));

test("a stream that is made while the last of its group is deleted stays", () =>
  withLogs(async (logs) => {
    const key = (stream: string) => ({ ...place, group: "g", stream });
    await logs.appendLogs(key("0"), [aLine], { sync: false });
    for (let round = 1; round < 30; round++) {
      const deleted = logs.deleteLogStream(key(String(round - 1)));
      await Promise.all([logs.appendLogs(key(String(round)), [aLine], { sync: true }), deleted]);
      const found = await logs.logStreams({ ...place, group: "g" }, "");
      assert.deepEqual(
        found.map(({ stream, events }) => [stream, events]),
        [[String(round), 1]],
      );
      assert.deepEqual(
        (await logs.logGroups(place, "")).map(({ group }) => group),
        ["g"],
      );
    }
  }));

test("what a kill left of a deleted group goes when groups are listed", () =>
  withLogs(async (logs, folder) => {
    await logs.createLogStream({ ...place, group: "kept", stream: "s" });
    const left = join(folder, place.account, place.region, "left");
    await mkdir(join(left, ".gone-1"), { recursive: true });
    await writeFile(join(left, ".gone-1", "00000000000000.jsonl"), "");
    assert.deepEqual(
      (await logs.logGroups(place, "")).map(({ group }) => group),
      ["kept"],
    );
    assert.deepEqual(await groupsOn(folder), ["kept"]);
  }));

test("lines of a stream that nobody writes to any more go too, the stream stays and goes on", () =>
  withLogs(async (logs) => {
    const key = { ...place, group: "g", stream: "s" };
    const source = (offset: number) => ({ sync: false, source: { id: "a", offset } });
    await logs.appendLogs(key, [{ ...aLine, message: "x".repeat(10_000) }], source(10_000));
    await logs.expireLogs(key, 2);
    const [facts] = await logs.logStreams(key, "");
    assert.ok(facts && facts.events === 0 && facts.storedBytes < 100, JSON.stringify(facts));
    assert.equal(await logs.logOffset(key, "a"), 10_000);
    await logs.appendLogs(key, [aLine], source(10_000));
    await logs.appendLogs(key, [aLine], source(10_006));
    const found = await logs.readLogs(key, { from: 0, limit: 10 });
    assert.deepEqual(
      found.map(({ message, sequence }) => [message, sequence]),
      [["a line", 1]],
    );
  }));
