import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Call } from "../../../core/call.ts";
import { openRows } from "../../../store/rows/open.ts";
import type { Change, Rows } from "../../../store/rows/rows.ts";
import type { Parts } from "../shared/secrets.ts";
import { secret } from "./operations.ts";

test("a secret that is changed while it is deleted for good is deleted all the same", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sagebrush-secrets-"));
  t.after(() => rm(folder, { recursive: true }));
  const report = (error: unknown) => assert.fail(String(error));
  const rows = await openRows(
    { file: join(folder, "rows.db") },
    { clock: { now: () => 1, at: () => () => {} }, report },
  );
  t.after(() => rows.close());
  const call = { account: "123456789012", region: "us-east-1", at: 1 } as Call;
  const partsOn = (store: Rows): Parts => ({ rows: store, sealingKey: Buffer.alloc(32) }) as unknown as Parts;
  const create = secret(partsOn(rows)).CreateSecret;
  await create?.run({ Name: "s", ClientRequestToken: "a".repeat(32), SecretString: "x" }, call);
  let isChanged = false;
  const racing = partsOn({
    ...rows,
    async commit(change: Change) {
      const [key] = change.remove ?? [];
      const row = key && !isChanged ? await rows.get(key) : undefined;
      if (row) await rows.commit({ put: [row] });
      isChanged = true;
      await rows.commit(change);
    },
  });
  await secret(racing).DeleteSecret?.run({ SecretId: "s", ForceDeleteWithoutRecovery: true }, call);
  assert.deepEqual(await rows.scan({ kind: "secretsmanager:secret", scope: "123456789012/us-east-1", limit: 10 }), []);
});
