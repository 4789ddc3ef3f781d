// Data keys of other services when the key of KMS behind them changes, over real rows and times that are given.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Call } from "../../core/call.ts";
import { realClock } from "../../core/clock.ts";
import { ApiError } from "../../core/errors.ts";
import type { DataKeys } from "../../core/ports.ts";
import { seal } from "../../core/sealing.ts";
import { openSqliteRows } from "../../store/rows/sqlite/open.ts";
import { createDataKeys } from "./port.ts";
import { type KeyDocument, keyKey, newMaterial, openMaterial, type Parts, sealingKeyOf } from "./shared/keyring.ts";
import { tendKeys } from "./upkeep.ts";

const DAY_MS = 86_400_000;
const START = Date.parse("2020-09-01T12:00:00Z");
const ID = "11111111-2222-3333-4444-555555555555";
const POLICY = JSON.stringify({ Version: "2012-10-17", Statement: [] });
const use = { encryptionContext: { "aws:s3:arn": "arn:aws:s3:::b/k" }, viaService: "s3.us-east-1.amazonaws.com" };

const principal = { kind: "root", arn: "arn:aws:iam::123456789012:root", account: "123456789012", userId: "" } as const;

/** What of a call these operations look at. */
const at = (now: number) =>
  ({
    account: principal.account,
    region: "us-east-1",
    principal,
    at: now,
    authorize: async () => {},
  }) as unknown as Call;

interface Stage {
  readonly parts: Parts;
  readonly keys: DataKeys;
  change(status: string, more?: Partial<KeyDocument>): Promise<void>;
}

async function aKey(t: TestContext): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "kms-"));
  t.after(() => rm(folder, { recursive: true }));
  const rows = await openSqliteRows({ file: join(folder, "rows.sqlite"), clock: realClock });
  t.after(() => rows.close());
  const parts = { rows, policies: { resourcePolicy: () => {} }, sealingKey: sealingKeyOf(randomBytes(32)) };
  const times = { createdAt: START, modifiedAt: START };
  const document = { description: "", policy: POLICY, tags: {}, materials: [newMaterial(parts, ID, START)] };
  const change = async (status: string, more: Partial<KeyDocument> = {}) => {
    await rows.commit({ put: [{ ...keyKey(at(START), ID), status, ...times, document: { ...document, ...more } }] });
  };
  await change("Enabled");
  return { parts, keys: createDataKeys(parts), change };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "opened",
    (cause: unknown) => (cause instanceof ApiError ? cause.code : String(cause)),
  );

test("a data key is opened as long as its key is there and enabled, and never after", async (t) => {
  const { parts, keys, change } = await aKey(t);
  const { plaintext, encrypted } = await keys.generate(at(START), ID, use);
  assert.deepEqual(Buffer.from(await keys.decrypt(at(START), encrypted, use)), Buffer.from(plaintext));
  await change("Disabled");
  assert.equal(await codeOf(keys.decrypt(at(START), encrypted, use)), "DisabledException");
  const deleteAt = START + 7 * DAY_MS;
  await change("PendingDeletion", { deleteAt });
  assert.equal(await codeOf(keys.decrypt(at(START), encrypted, use)), "KMSInvalidStateException");
  await tendKeys(parts, deleteAt);
  assert.equal(await codeOf(keys.decrypt(at(deleteAt), encrypted, use)), "NotFoundException");
  assert.equal(await codeOf(keys.generate(at(deleteAt), ID, use)), "NotFoundException");
});

test("a data key is opened for what it was made for only", async (t) => {
  const { keys } = await aKey(t);
  const { encrypted } = await keys.generate(at(START), ID, use);
  const other = { ...use, encryptionContext: { "aws:s3:arn": "arn:aws:s3:::b/other" } };
  assert.equal(await codeOf(keys.decrypt(at(START), encrypted, other)), "InvalidCiphertextException");
});

test("a ciphertext of the first form, which names no account, is of a key of the caller's", async (t) => {
  const { parts, keys } = await aKey(t);
  const row = await parts.rows.get<KeyDocument>(keyKey(at(START), ID));
  const [material] = row?.document.materials ?? [];
  assert.ok(material);
  const head = Buffer.from(`01${ID.replaceAll("-", "")}${material.id}`, "hex");
  const bound = Buffer.concat([head, Buffer.from(JSON.stringify(Object.entries(use.encryptionContext)))]);
  const old = Buffer.concat([head, seal(openMaterial(parts, ID, material), Buffer.from("data key"), bound)]);
  assert.equal(Buffer.from(await keys.decrypt(at(START), old, use)).toString(), "data key");
});

test("the key that AWS manages for a service is made once, and only for those that are known", async (t) => {
  const { keys } = await aKey(t);
  const made = await Promise.all([1, 2, 3].map(() => keys.generate(at(START), "alias/aws/s3", use)));
  assert.equal(new Set(made.map(({ keyArn }) => keyArn)).size, 1);
  assert.equal(await codeOf(keys.generate(at(START), "alias/aws/nothing", use)), "NotFoundException");
});
