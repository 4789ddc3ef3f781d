import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { keptKey } from "./durable.ts";

async function aPath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "durable-"));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, "key");
}

test("a key is made once, for its owner alone, and stays the same", async (t) => {
  const path = await aPath(t);
  const key = await keptKey(path);
  assert.deepEqual([key.length, (await stat(path)).mode & 0o777], [32, 0o600]);
  assert.deepEqual(await keptKey(path), key);
});

test("a key that a crash left half-written beside its place is not taken for one", async (t) => {
  const path = await aPath(t);
  await writeFile(`${path}.new`, "half");
  assert.equal((await keptKey(path)).length, 32);
});

test("a file that holds no whole key is refused: an empty one would be everybody's key", async (t) => {
  const path = await aPath(t);
  await writeFile(path, "");
  await assert.rejects(keptKey(path), /must hold a key of 32 bytes, it holds 0/);
});
