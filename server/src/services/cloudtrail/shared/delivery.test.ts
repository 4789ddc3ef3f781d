import assert from "node:assert/strict";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { CallRecord } from "../../../core/call-record.ts";
import { deliver } from "./delivery.ts";
import { eventOf } from "./events.ts";
import { DEFAULT_SELECTORS, type Parts, type TrailRow, trailKey } from "./trails.ts";

const account = "123456789012";

const aCall = (at: number): CallRecord => ({
  requestId: `request-${at}`,
  at,
  durationMs: 1,
  service: "sagemaker",
  operation: "CreateExperiment",
  account,
  region: "us-east-1",
  principalArn: `arn:aws:iam::${account}:user/ann`,
  sourceIp: "127.0.0.1",
  userAgent: "Boto3/1.40",
  status: 200,
  parameters: { ExperimentName: `experiment-${at}`, Description: "d".repeat(1000) },
});

const row: TrailRow = {
  ...trailKey(account, "us-east-1", "trail"),
  version: 1,
  status: "",
  createdAt: 1,
  modifiedAt: 1,
  document: { bucket: "b", isGlobal: true, isMultiRegion: true, selectors: DEFAULT_SELECTORS, tags: {}, delivered: 0 },
};

/** The events of the file that is written for these calls. */
async function written(calls: readonly CallRecord[]): Promise<unknown> {
  const files: Buffer[] = [];
  const put = async (_principal: unknown, _object: unknown, body: Readable) => void files.push(await buffer(body));
  await deliver({ objects: { put } } as unknown as Parts, row, calls, 0);
  assert.equal(files.length, 1);
  return JSON.parse(gunzipSync(files[0] ?? "").toString()).Records;
}

const counts = [1, 20, 21, 5000];
for (const count of counts)
  test(`a file of ${count} calls has their events in order`, async () => {
    const calls = Array.from({ length: count }, (_, at) => aCall(at));
    assert.deepEqual(await written(calls), JSON.parse(JSON.stringify(calls.map(eventOf))));
  });

test("others have their turn while a large file is made", async () => {
  const calls = Array.from({ length: 5000 }, (_, at) => aCall(at));
  let turns = 0;
  const count = () => {
    turns++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await written(calls);
  clearImmediate(next);
  assert.ok(turns > 100, `${turns} turns`);
});
