// What every implementation of Rows has to do. Each `*.test.ts` and `*.slow.ts` beside it runs this over its own.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { changingListTests } from "./changing-suite.ts";
import { counted } from "./guarded.ts";
import {
  BadCursor,
  type Change,
  Conflict,
  type Json,
  type RowKey,
  type RowQuery,
  type Rows,
  type RowWrite,
} from "./rows.ts";
import { allPages, aRow, type It, names, scope } from "./sample-rows.ts";

export function rowsSuite(title: string, open: () => Promise<Rows>): void {
  describe(title, () => define(open));
}

function define(open: () => Promise<Rows>): void {
  let rows: Rows;
  before(async () => {
    rows = await open();
  });
  after(() => rows.close());
  const it = (behaviour: string, run: () => Promise<void>) => test(behaviour, run);
  commitTests(it, () => rows);
  laterLookTests(it, () => rows);
  changedTogetherTests(it, () => rows);
  countedTests(it, () => rows);
  readTests(it, () => rows);
  listTests(it, () => rows);
  changingListTests(it, () => rows);
  scanTests(it, () => rows);
  logTests(it, () => rows);
}

function commitTests(it: It, rows: () => Rows): void {
  it("a row that was put is found as it was given, with version 1", async () => {
    const row = aRow("given", { parent: "mother", document: { text: "ä\u0000😀", list: [1, null, true] } });
    await rows().commit({ put: [row] });
    assert.deepEqual(await rows().get(row), { ...row, version: 1 });
  });

  it("each write raises the version by one and takes the newer values", async () => {
    await rows().commit({ put: [aRow("twice", { parent: "one" })] });
    await rows().commit({ put: [aRow("twice", { status: "Gone", modifiedAt: 2000 })] });
    assert.deepEqual(await rows().get(aRow("twice")), {
      ...aRow("twice", { status: "Gone", modifiedAt: 2000 }),
      version: 2,
    });
  });

  it("a row that was never put, or was removed, is not found", async () => {
    await rows().commit({ put: [aRow("removed")] });
    await rows().commit({ remove: [aRow("removed")] });
    assert.equal(await rows().get(aRow("removed")), undefined);
    assert.equal(await rows().get(aRow("never")), undefined);
  });

  it("several rows come in the order asked, with undefined where there is none", async () => {
    await rows().commit({ put: [aRow("many-a"), aRow("many-b")] });
    const found = await rows().getMany([aRow("many-b"), aRow("many-none"), aRow("many-a")]);
    assert.deepEqual(
      found.map((row) => row?.name),
      ["many-b", undefined, "many-a"],
    );
  });

  const held: Record<string, (key: RowKey) => Change["expect"]> = {
    "absent where a row is": (key) => [{ key, version: "absent" }],
    "present where no row is": () => [{ key: aRow("no-such"), version: "present" }],
    "another version": (key) => [{ key, version: 7 }],
    "a version where no row is": () => [{ key: aRow("no-such"), version: 1 }],
    "a second expectation that fails": (key) => [
      { key, version: 1 },
      { key, version: "absent" },
    ],
  };
  for (const [what, expect] of Object.entries(held))
    it(`nothing of a change is made when it expects ${what}`, async () => {
      const key = aRow(`expects ${what}`);
      await rows().commit({ put: [key] });
      const before = (await rows().changes(0, 10_000)).length;
      const other = aRow(`made beside ${what}`);
      const expectations = expect(key) ?? [];
      const change = { expect: expectations, put: [other], remove: [key], events: [{ ...key, type: "created" }] };
      await assert.rejects(rows().commit(change), (error) => {
        assert.ok(error instanceof Conflict);
        assert.deepEqual(error.expectation, expectations.at(-1));
        return true;
      });
      assert.equal(await rows().get(other), undefined);
      assert.equal((await rows().get(key))?.version, 1);
      assert.equal((await rows().changes(0, 10_000)).length, before);
    });

  it("of many changes that expect the same version at once, exactly one is made", async () => {
    await rows().commit({ put: [aRow("contended")] });
    const key = aRow("contended");
    const attempts = Array.from({ length: 20 }, (_, index) =>
      rows().commit({ expect: [{ key, version: 1 }], put: [aRow("contended", { document: index })] }),
    );
    const outcomes = await Promise.allSettled(attempts);
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    assert.equal((await rows().get(key))?.version, 2);
  });

  it("a change refused in the middle of a batch leaves its neighbours alone", async () => {
    const outcomes = await Promise.allSettled(
      ["n-0", "n-1", "n-2"].map((name, index) =>
        rows().commit({
          put: [aRow(name)],
          expect: [{ key: aRow(name), version: index === 1 ? "present" : "absent" }],
        }),
      ),
    );
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    assert.deepEqual(names(await rows().scan({ kind: "test:thing", scope, prefix: "n-", limit: 9 })), ["n-0", "n-2"]);
  });

  it("a document that is no JSON is refused before anything is written", async () => {
    await assert.rejects(rows().commit({ put: [{ ...aRow("no-json"), document: undefined }] }), /must be JSON/);
    assert.equal(await rows().get(aRow("no-json")), undefined);
  });
}

function laterLookTests(it: It, rows: () => Rows): void {
  it("a row that was looked for in vain is found once it is put, also by who looks while it is", async () => {
    const key = aRow("sought");
    for (const version of [1, 1, 1]) {
      assert.equal(await rows().get(key), undefined);
      const put = rows().commit({ put: [key] });
      await rows().get(key);
      await put;
      assert.deepEqual(await rows().get(key), { ...key, version });
      await rows().commit({ remove: [key] });
    }
  });

  it("who reads of a change in the log finds the row as it is by then, though the change is not answered yet", async () => {
    const row = aRow("heard");
    const events = [{ kind: row.kind, scope: row.scope, name: row.name, type: "changed" }];
    const changes: Record<string, Change> = {
      first: { put: [{ ...row, document: "first" }] },
      second: { put: [{ ...row, document: "second" }] },
      gone: { remove: [row] },
    };
    for (const [name, change] of Object.entries(changes)) {
      await rows().get(row);
      const from = await rows().latestChange();
      const made = rows().commit({ ...change, events });
      while ((await rows().changes(from, 1)).length === 0) await rows().get(row);
      assert.equal((await rows().get(row))?.document ?? "gone", name);
      await made;
    }
  });

  it("a row that a change tells of is found as the change made it", async () => {
    const told = async (version: number | "absent", document: Json, remove: readonly RowKey[] = []) => {
      const row = aRow("told", { document });
      const events = [{ kind: row.kind, scope: row.scope, name: row.name, type: "changed" }];
      await rows().commit({ expect: [{ key: row, version }], remove, put: [row], events });
    };
    const found = async () => {
      const row = await rows().get(aRow("told"));
      return [row?.version, row?.document];
    };
    await told("absent", { a: 1 });
    assert.deepEqual(await found(), [1, { a: 1 }]);
    await assert.rejects(told("absent", { a: 2 }), Conflict);
    assert.deepEqual(await found(), [1, { a: 1 }]);
    await told(1, { a: 2 });
    await told(2, { a: 3 });
    assert.deepEqual(await found(), [3, { a: 3 }]);
    await rows().commit({ put: [aRow("told", { document: { a: 4 } })] });
    assert.deepEqual(await found(), [4, { a: 4 }]);
    await told(4, { a: 5 }, [aRow("told")]);
    assert.deepEqual(await found(), [1, { a: 5 }]);
    await told(1, { a: 6 });
    assert.deepEqual(await found(), [2, { a: 6 }]);
  });
}

function changedTogetherTests(it: It, rows: () => Rows): void {
  it("of changes to a row that are made together the last is found, whichever of them tell of it", async () => {
    const row = aRow("together");
    const told = (version: number, document: Json): Change => ({
      expect: [{ key: row, version }],
      put: [{ ...row, document }],
      events: [{ kind: row.kind, scope: row.scope, name: row.name, type: "changed" }],
    });
    await rows().commit({ put: [{ ...row, document: "first" }] });
    await Promise.all([rows().commit(told(1, "told")), rows().commit({ put: [{ ...row, document: "put" }] })]);
    assert.equal((await rows().get(row))?.document, "put");
    await Promise.all([rows().commit(told(3, "told again")), rows().commit({ remove: [row] })]);
    assert.equal(await rows().get(row), undefined);
  });
}

function countedTests(it: It, rows: () => Rows): void {
  it("of many that add at once where there may be so many, as many are made, within each kind and parent", async () => {
    const full = new Error("full");
    const parents = ["one", "other"];
    const add = (number: number, parent: string) => {
      const row = aRow(`counted-${parent}-${number}`, { kind: "test:quota", parent });
      const among = { kind: row.kind, scope: row.scope, parent };
      return counted(rows(), { among, most: 5, full: () => full }).commit({ put: [row] });
    };
    const adds = parents.flatMap((parent) => Array.from({ length: 20 }, (_, number) => add(number, parent)));
    const refused = (await Promise.allSettled(adds)).flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    assert.deepEqual(refused, Array(30).fill(full));
    for (const parent of parents) assert.equal(await rows().count({ kind: "test:quota", scope, parent }), 5);
    const taken: Change = { expect: [{ key: aRow("counted-none"), version: "present" }] };
    const unlimited = counted(rows(), { among: { kind: "test:quota", scope }, most: 100, full: () => full });
    await assert.rejects(unlimited.commit(taken), Conflict);
  });
}

function readTests(it: It, rows: () => Rows): void {
  it("whoever reads a row after a commit reads what was committed, also by a list, and also when it is made again", async () => {
    const key = aRow("read-again", { kind: "test:read" });
    const seen = async () => [await rows().get(key), ...(await rows().list({ kind: key.kind, scope, limit: 2 })).rows];
    const put = (status: string) => rows().commit({ put: [{ ...key, status }] });
    await put("first");
    assert.deepEqual(await seen(), Array(2).fill({ ...key, status: "first", version: 1 }));
    await put("second");
    assert.deepEqual(await seen(), Array(2).fill({ ...key, status: "second", version: 2 }));
    await rows().commit({ remove: [key] });
    assert.deepEqual(await seen(), [undefined]);
    await put("anew");
    assert.deepEqual(await seen(), Array(2).fill({ ...key, status: "anew", version: 1 }));
  });

  it("rows of a kind and scope are counted, and those of a parent", async () => {
    const kind = "test:counted";
    const put = ["a", "b", "c"].map((name) => aRow(name, { kind, ...(name === "c" ? {} : { parent: "mother" }) }));
    await rows().commit({ put: [...put, aRow("d", { kind, scope: "elsewhere" })] });
    assert.equal(await rows().count({ kind, scope }), 3);
    assert.equal(await rows().count({ kind, scope, parent: "mother" }), 2);
    assert.equal(await rows().count({ kind, scope: "nowhere" }), 0);
  });

  it("whoever lost a race reads what the winner wrote", async () => {
    const key = aRow("raced");
    await rows().commit({ put: [key] });
    await rows().get(key);
    const write = async (status: string) => {
      await rows().commit({ expect: [{ key, version: 1 }], put: [{ ...key, status }] });
      return "won";
    };
    const outcomes = await Promise.all(
      ["a", "b", "c"].map((status) => write(status).catch(async () => (await rows().get(key))?.status)),
    );
    assert.deepEqual(outcomes, ["won", "a", "a"]);
  });
}

function listTests(it: It, rows: () => Rows): void {
  const kind = "test:listed";
  const listed = Array.from({ length: 25 }, (_, index) =>
    aRow(`Job-${String(index).padStart(2, "0")}`, {
      kind,
      // Several rows share a time, so that ties have to be broken by name.
      createdAt: 5000 - Math.floor(index / 4),
      modifiedAt: 9000 + (index % 3),
      status: ["Completed", "Failed", "InProgress"][index % 3] ?? "",
      ...(index % 5 === 0 ? { parent: "tuning" } : {}),
    }),
  );
  const query = { kind, scope, limit: 4 };
  const fill = async () => {
    const { rows: found } = await rows().list({ kind, scope, limit: 1 });
    if (found.length > 0) return;
    const elsewhere = aRow("Job-00", { kind, scope: "123456789012/eu-west-1", status: "Failed" });
    await rows().commit({ put: [...listed, elsewhere] });
  };
  const byName = (a: RowWrite, b: RowWrite) => (a.name < b.name ? -1 : 1);
  const orders: Record<NonNullable<RowQuery["sortBy"]>, (a: RowWrite, b: RowWrite) => number> = {
    name: byName,
    created: (a, b) => a.createdAt - b.createdAt || byName(a, b),
    modified: (a, b) => a.modifiedAt - b.modifiedAt || byName(a, b),
    status: (a, b) => (a.status === b.status ? byName(a, b) : a.status < b.status ? -1 : 1),
  };
  for (const sortBy of Object.keys(orders) as (keyof typeof orders)[])
    for (const descending of [false, true])
      it(`pages by ${sortBy}, ${descending ? "descending" : "ascending"}, hold every row once and in order`, async () => {
        await fill();
        const sorted = [...listed].sort(orders[sortBy]).map(({ name }) => name);
        if (descending) sorted.reverse();
        assert.deepEqual(await allPages(rows(), { ...query, sortBy, descending }), sorted);
      });

  const filters: Record<string, [Partial<RowQuery>, (row: RowWrite) => boolean]> = {
    "a prefix": [{ namePrefix: "Job-1" }, (row) => row.name.startsWith("Job-1")],
    "a part of the name in another case": [{ nameContains: "jOB-2" }, (row) => row.name.includes("Job-2")],
    "a part with signs that patterns use": [{ nameContains: "Job_0%" }, () => false],
    "a status": [{ status: "Failed" }, (row) => row.status === "Failed"],
    "a parent": [{ parent: "tuning" }, (row) => row.parent === "tuning"],
    "time of creation": [
      { createdAfter: 4996, createdBefore: 5000 },
      (row) => row.createdAt > 4996 && row.createdAt < 5000,
    ],
    "time of modification": [
      { modifiedAfter: 9000, modifiedBefore: 9002 },
      (row) => row.modifiedAt > 9000 && row.modifiedAt < 9002,
    ],
    "several at once": [
      { status: "InProgress", nameContains: "1", createdBefore: 4999 },
      (row) => row.status === "InProgress" && row.name.includes("1") && row.createdAt < 4999,
    ],
  };
  for (const [what, [filter, holds]] of Object.entries(filters))
    for (const sortBy of ["name", "created"] as const)
      it(`a list by ${sortBy} narrowed by ${what} holds exactly the rows that match`, async () => {
        await fill();
        const wanted = listed.filter(holds).sort(orders[sortBy]);
        assert.deepEqual(
          await allPages(rows(), { ...query, ...filter, sortBy }),
          wanted.map(({ name }) => name),
        );
      });

  it("the page that ends with the last row has no cursor", async () => {
    await fill();
    assert.equal((await rows().list({ ...query, limit: 25 })).next, undefined);
    assert.equal(typeof (await rows().list({ ...query, limit: 24 })).next, "string");
  });

  it("a cursor of another query, or a made-up one, is refused", async () => {
    await fill();
    const { next } = await rows().list({ ...query, sortBy: "created" });
    const bad: RowQuery[] = [
      { ...query, sortBy: "created", descending: true, after: next },
      { ...query, sortBy: "name", after: next },
      { ...query, sortBy: "created", status: "Failed", after: next },
      { ...query, sortBy: "created", after: "bm90IGEgY3Vyc29y" },
      { ...query, sortBy: "created", after: "" },
      { ...query, sortBy: "created", after: "%%%" },
    ];
    for (const each of bad) await assert.rejects(rows().list(each), BadCursor);
  });

  it("a cursor goes on where its page ended though rows come and go", async () => {
    const at = { kind: "test:moving", scope, limit: 2 };
    const put = (name: string) => rows().commit({ put: [aRow(name, { kind: at.kind })] });
    for (const name of ["b", "d", "f", "h"]) await put(name);
    const { next } = await rows().list(at);
    await put("a");
    await rows().commit({ remove: [aRow("d", { kind: at.kind })] });
    await put("e");
    assert.deepEqual(names((await rows().list({ ...at, after: next })).rows), ["e", "f"]);
  });

  it("rows of every scope are walked, without those of the statuses left out", async () => {
    await fill();
    const found: string[] = [];
    for await (const row of rows().everywhere(kind, ["Completed", "InProgress"]))
      found.push(`${row.scope} ${row.name}`);
    const wanted = listed.filter(({ status }) => status === "Failed").map(({ name }) => `${scope} ${name}`);
    assert.deepEqual(found.sort(), ["123456789012/eu-west-1 Job-00", ...wanted].sort());
  });
}

function scanTests(it: It, rows: () => Rows): void {
  // In JavaScript's own order U+FF5E comes after the emoji, in UTF-8 before it.
  const keys = ["", "A", "Z", "a", "a/", "a/b", "a0", "ab", "b", "é", "\uD7FF", "\uFF5E", "😀", "\u{10FFFF}"];
  const bucket = { kind: "s3:object", scope: "bucket" };
  const fill = async () => {
    if (await rows().get({ ...bucket, name: "a" })) return;
    await rows().commit({ put: [...keys].reverse().map((name) => aRow(name, bucket)) });
  };
  const walks: Record<string, [Omit<Parameters<Rows["scan"]>[0], "kind" | "scope">, readonly string[]]> = {
    "all names, by UTF-8 bytes": [{ limit: 100 }, keys],
    "at most the limit": [{ limit: 3 }, keys.slice(0, 3)],
    "a prefix": [{ prefix: "a", limit: 100 }, ["a", "a/", "a/b", "a0", "ab"]],
    "a prefix below the surrogates": [{ prefix: "\uD7FF", limit: 100 }, ["\uD7FF"]],
    "a prefix of the last character": [{ prefix: "\u{10FFFF}", limit: 100 }, ["\u{10FFFF}"]],
    "from a name on": [{ from: "a0", limit: 2 }, ["a0", "ab"]],
    "after a name": [{ after: "a0", limit: 2 }, ["ab", "b"]],
    "after a name within a prefix": [{ prefix: "a", after: "a/b", limit: 100 }, ["a0", "ab"]],
    "after a name before the prefix": [{ prefix: "a", after: "A", limit: 1 }, ["a"]],
    "after a name beyond the prefix": [{ prefix: "a", after: "b", limit: 100 }, []],
    "past a common prefix": [{ from: "a0", after: "a", limit: 1 }, ["a0"]],
    "after the empty name": [{ after: "", limit: 1 }, ["A"]],
  };
  for (const [what, [range, wanted]] of Object.entries(walks))
    it(`a scan walks ${what}`, async () => {
      await fill();
      assert.deepEqual(names(await rows().scan({ ...bucket, ...range })), wanted);
    });

  it("a scan for thousands of rows gives them all, in order", async () => {
    const many = Array.from({ length: 2500 }, (_, index) => `k${String(index).padStart(5, "0")}`);
    await rows().commit({ put: many.map((name) => aRow(name, { kind: "s3:object", scope: "large" })) });
    assert.deepEqual(names(await rows().scan({ kind: "s3:object", scope: "large", limit: 5000 })), many);
  });
}

function logTests(it: It, rows: () => Rows): void {
  it("entries of the change log come in the order committed, each once, with their details", async () => {
    const start = (await rows().changes(0, 100_000)).at(-1)?.id ?? 0;
    const key = { kind: "test:logged", scope, name: "x" };
    await rows().commit({ put: [aRow("x", key)], events: [{ ...key, type: "created", detail: { of: ["x"] } }] });
    await rows().commit({
      remove: [key],
      events: [
        { ...key, type: "status" },
        { ...key, type: "deleted" },
      ],
    });
    const found = await rows().changes(start, 100);
    assert.deepEqual(
      found.map(({ id: _, at: __, ...entry }) => entry),
      [
        { ...key, type: "created", detail: { of: ["x"] } },
        { ...key, type: "status" },
        { ...key, type: "deleted" },
      ],
    );
    const [first] = found;
    assert.deepEqual(await rows().changes(first?.id ?? 0, 1), found.slice(1, 2));
    assert.equal(await rows().latestChange(), found.at(-1)?.id);
  });

  it("who watches hears of commits with events until the signal aborts", async () => {
    const ended = new AbortController();
    const heard = new EventTarget();
    let calls = 0;
    rows().watch(() => {
      calls++;
      heard.dispatchEvent(new Event("change"));
    }, ended.signal);
    const change = once(heard, "change", { signal: AbortSignal.timeout(10_000) });
    await rows().commit({ events: [{ kind: "test:watched", scope, name: "x", type: "created" }] });
    await change;
    ended.abort();
    const after = calls;
    await rows().commit({ events: [{ kind: "test:watched", scope, name: "x", type: "deleted" }] });
    assert.equal(calls, after);
  });
}
