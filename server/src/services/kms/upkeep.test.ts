// Keys whose day has come, over real rows and times that are given.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { realClock } from "../../core/clock.ts";
import { openSqliteRows } from "../../store/rows/sqlite/open.ts";
import { decrypt, encrypt, readCiphertext } from "./shared/ciphertext.ts";
import { type GrantDocument, grantKey } from "./shared/grants.ts";
import {
  type AliasDocument,
  aliasKey,
  findKey,
  type KeyDocument,
  keyKey,
  newMaterial,
  type Parts,
  sealingKeyOf,
} from "./shared/keyring.ts";
import { tendKeys } from "./upkeep.ts";

const DAY_MS = 86_400_000;
const START = Date.parse("2020-09-01T12:00:00Z");
const place = { account: "123456789012", region: "us-east-1" };
const ID = "11111111-2222-3333-4444-555555555555";

async function aKeyring(t: TestContext): Promise<Parts> {
  const folder = await mkdtemp(join(tmpdir(), "kms-"));
  t.after(() => rm(folder, { recursive: true }));
  const rows = await openSqliteRows({ file: join(folder, "rows.sqlite"), clock: realClock });
  t.after(() => rows.close());
  return { rows, policies: { resourcePolicy: () => {} }, sealingKey: sealingKeyOf(randomBytes(32)) };
}

async function aKey(parts: Parts, status: string, more: Partial<KeyDocument>): Promise<void> {
  const document = { description: "", policy: "{}", tags: {}, materials: [newMaterial(parts, ID, START)], ...more };
  const times = { createdAt: START, modifiedAt: START };
  await parts.rows.commit({ put: [{ ...keyKey(place, ID), status, ...times, document }] });
}

const read = async (parts: Parts) => {
  const row = await parts.rows.get<KeyDocument>(keyKey(place, ID));
  assert.ok(row);
  return row;
};

test("a key whose day has come is gone for readers, and then removed with its aliases and grants", async (t) => {
  const parts = await aKeyring(t);
  const deleteAt = START + 7 * DAY_MS;
  await aKey(parts, "PendingDeletion", { deleteAt });
  const times = { status: "", createdAt: START, modifiedAt: START };
  const alias: AliasDocument = { keyId: ID };
  const grant: GrantDocument = { keyId: ID, grantee: "arn:aws:iam::123456789012:user/ann", operations: ["Decrypt"] };
  const belongings = [aliasKey(place, "alias/mine"), grantKey(place, ID, "g")] as const;
  await parts.rows.commit({
    put: [
      { ...belongings[0], parent: ID, ...times, document: alias },
      { ...belongings[1], ...times, document: grant },
    ],
  });
  await tendKeys(parts, deleteAt - 1);
  assert.ok((await findKey(parts, { ...place, at: deleteAt - 1 }, "alias/mine")).row);
  assert.equal((await findKey(parts, { ...place, at: deleteAt }, ID)).row, undefined);
  await tendKeys(parts, deleteAt);
  const left = await parts.rows.getMany([keyKey(place, ID), ...belongings]);
  assert.deepEqual(left, [undefined, undefined, undefined]);
});

test("a key that rotates gets new material once a period, and reads what it wrote before", async (t) => {
  const parts = await aKeyring(t);
  await aKey(parts, "Enabled", { rotation: { periodDays: 90, nextAt: START + 90 * DAY_MS } });
  const before = encrypt(parts, await read(parts), Buffer.from("old"), { a: "b" });
  await tendKeys(parts, START + 90 * DAY_MS - 1);
  assert.equal((await read(parts)).document.materials.length, 1);
  await tendKeys(parts, START + 90 * DAY_MS);
  await tendKeys(parts, START + 90 * DAY_MS);
  const { document } = await read(parts);
  assert.deepEqual(
    document.materials.map(({ rotation }) => rotation),
    [undefined, "AUTOMATIC"],
  );
  assert.equal(document.rotation?.nextAt, START + 180 * DAY_MS);
  const row = await read(parts);
  assert.equal(decrypt(parts, row, readCiphertext(before), { a: "b" }).toString(), "old");
  const after = readCiphertext(encrypt(parts, row, Buffer.from("new")));
  assert.equal(after.materialId, document.materials[1]?.id);
});

test("a key that is disabled does not rotate", async (t) => {
  const parts = await aKeyring(t);
  await aKey(parts, "Disabled", { rotation: { periodDays: 90, nextAt: START } });
  await tendKeys(parts, START + DAY_MS);
  assert.equal((await read(parts)).document.materials.length, 1);
});
