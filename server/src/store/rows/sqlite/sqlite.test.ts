// Rows over SQLite: the shared suite, and what only a file can show.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { realClock } from "../../../core/clock.ts";
import { NewerLayout } from "../migrate.ts";
import { createQuestions } from "../query.ts";
import type { Rows } from "../rows.ts";
import type { Statement } from "../statements.ts";
import { rowsSuite } from "../suite.ts";
import { kyselyOver } from "./dialect.ts";
import { openSqliteRows } from "./open.ts";

async function aFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "sagebrush-rows-"));
}

async function aFile(context: TestContext): Promise<string> {
  const folder = await aFolder();
  context.after(() => rm(folder, { recursive: true }));
  return join(folder, "rows.db");
}

rowsSuite("SQLite", async (): Promise<Rows> => {
  const folder = await aFolder();
  const rows = await openSqliteRows({ file: join(folder, "rows.db"), clock: realClock });
  return {
    ...rows,
    close: async () => {
      await rows.close();
      await rm(folder, { recursive: true });
    },
  };
});

test("what was committed is there after closing and opening again", async (context) => {
  const file = await aFile(context);
  const key = { kind: "test:thing", scope: "s", name: "kept" };
  const first = await openSqliteRows({ file, clock: realClock });
  await first.commit({ put: [{ ...key, status: "", createdAt: 1, modifiedAt: 1, document: "yes" }] });
  await first.close();
  const second = await openSqliteRows({ file, clock: realClock });
  const found = await second.get(key);
  await second.close();
  assert.equal(found?.document, "yes");
});

test("a file with a newer layout is refused, and the message says what to do", async (context) => {
  const file = await aFile(context);
  await (await openSqliteRows({ file, clock: realClock })).close();
  const database = new DatabaseSync(file);
  database.exec("update layout set version = 99");
  database.close();
  await assert.rejects(openSqliteRows({ file, clock: realClock }), (error) => {
    assert.ok(error instanceof NewerLayout);
    assert.match(error.message, /has layout 99.*newer Sagebrush/);
    return true;
  });
});

test("log entries older than ninety days are forgotten, and their ids are not used again", async (context) => {
  const file = await aFile(context);
  const event = { kind: "test:thing", scope: "s", name: "x", type: "created" };
  const at = (time: number) => openSqliteRows({ file, clock: { ...realClock, now: () => time } });
  const early = await at(0);
  await early.commit({ events: [event, event] });
  await early.close();
  const late = await at(91 * 86_400_000);
  await late.commit({ events: [event] });
  const kept = await late.changes(0, 10);
  await late.close();
  assert.deepEqual(
    kept.map(({ id }) => id),
    [3],
  );
});

for (const [what, ask] of Object.entries<(of: ReturnType<typeof createQuestions>) => Statement>({
  "a list by time of creation": (of) =>
    of.list({ kind: "k", scope: "s", sortBy: "created", descending: true, limit: 10 }).statement,
  "a list of a parent's children": (of) =>
    of.list({ kind: "k", scope: "s", sortBy: "created", parent: "p", limit: 10 }).statement,
  "a walk by status": (of) => of.ofStatus,
}))
  test(`${what} uses its index and sorts nothing`, async (context) => {
    const file = await aFile(context);
    await (await openSqliteRows({ file, clock: realClock })).close();
    const database = new DatabaseSync(file);
    context.after(() => database.close());
    const statement = ask(createQuestions(kyselyOver(database), "position"));
    const plan = database.prepare(`explain query plan ${statement.sql}`).all(...statement.parameters.map(() => "x"));
    const text = plan.map((line) => line["detail"]).join("; ");
    assert.match(text, /^SEARCH rows USING (COVERING )?INDEX rows_by_[^;]+$/);
  });
