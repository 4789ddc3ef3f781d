import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ListedRow, Listing } from "./listing.ts";
import { orderings, type SortBy } from "./order.ts";
import type { RowQuery } from "./rows.ts";

const COUNT = 3000;
const STATUSES = ["Completed", "Failed", "InProgress"];
const all = { kind: "k", scope: "s", limit: COUNT };

/** Names in another order than times; a few are of other letters. */
const aRow = (number: number): ListedRow => ({
  name: `${["Job", "évé", "😀", "tune"][number % 97 === 0 ? 1 + (number % 2) : number % 2 ? 0 : 3]}-${(number * 7919) % COUNT}`,
  status: STATUSES[number % 50 === 0 ? 1 : 0] ?? "",
  parent: number % 3 === 0 ? "mother" : null,
  created_at: 1000 + Math.floor(number / 2),
  modified_at: 9000 - (number % 500),
});

const bytes = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));
const byName = (one: ListedRow, other: ListedRow): number => bytes(one.name, other.name);

/** The same, looked for row by row. */
function wanted(rows: readonly ListedRow[], query: RowQuery): readonly ListedRow[] {
  const { status, parent, nameContains = "", namePrefix = "", sortBy = "name" } = query;
  const { createdAfter = 0, createdBefore = 1e9, modifiedAfter = 0, modifiedBefore = 1e9 } = query;
  const lower = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const found = rows
    .filter((row) => (status ?? row.status) === row.status && (parent ?? row.parent) === row.parent)
    .filter(({ name }) => lower(name).includes(lower(nameContains)) && name.startsWith(namePrefix))
    .filter(({ created_at: at }) => at > createdAfter && at < createdBefore)
    .filter(({ modified_at: at }) => at > modifiedAfter && at < modifiedBefore)
    .sort((one, other) => orderings[sortBy].compare({ name: one.name, value: orderings[sortBy].valueOf(one) }, other));
  return query.descending ? found.reverse() : found;
}

const queries: Record<string, Partial<RowQuery>> = {
  everything: {},
  "a status of few": { status: "Failed" },
  "a status of none": { status: "Stopped" },
  "a status that there was": { status: "InProgress" },
  "a parent": { parent: "mother" },
  "a prefix": { namePrefix: "tune-29" },
  "one character that few have": { nameContains: "é" },
  "one character that none has": { nameContains: "q" },
  "two characters": { nameContains: "-9" },
  "a part in another case": { nameContains: "JOB-11" },
  "a part at the end": { nameContains: "777" },
  "a part whose characters are there": { nameContains: "job-job" },
  "a part of one": { nameContains: `${(77 * 7919) % COUNT}` },
  "a part beyond ASCII": { nameContains: "😀-" },
  "times of creation": { createdAfter: 2300, createdBefore: 2310 },
  "times of change": { modifiedAfter: 8990 },
  "all at once": {
    status: "Completed",
    nameContains: "UNE",
    parent: "mother",
    modifiedBefore: 8600,
    createdAfter: 2000,
  },
};

describe("a listing of thousands of rows", () => {
  const rows = Array.from({ length: COUNT }, (_, number) => aRow(number)).sort(byName);
  const changed = new Map(rows.map((row) => [row.name, row]));
  const listing = new Listing(rows);
  // Looked for once before anything changes, so that what is made then has to follow.
  listing.page({ ...all, nameContains: "une", limit: 5 }, undefined);
  for (const sortBy of ["created", "modified", "status"] as const) listing.page({ ...all, sortBy }, undefined);
  for (const [index, row] of rows.entries()) {
    if (index % 7 === 0) {
      listing.remove(row.name);
      changed.delete(row.name);
    } else if (index % 5 === 0) {
      listing.put({ ...row, status: "InProgress", modified_at: 9500 });
      const next = { ...row, status: index % 2 === 0 ? "Failed" : row.status, modified_at: 8700 + index };
      listing.put(next);
      changed.set(row.name, next);
    } else if (index % 11 === 0) {
      const made = { ...row, name: `${row.name}-une-777` };
      listing.put(made);
      changed.set(made.name, made);
    }
  }
  const left = [...changed.values()];
  for (const [what, filter] of Object.entries(queries))
    it(`gives exactly the rows of ${what}, in every order, also beyond a position`, () => {
      for (const sortBy of ["name", "created", "modified", "status"] satisfies SortBy[])
        for (const descending of [false, true]) {
          const query: RowQuery = { ...all, ...filter, sortBy, descending };
          const expected = wanted(left, query);
          assert.deepEqual(listing.page(query, undefined), expected);
          const half = expected[Math.floor(expected.length / 2)];
          if (!half) continue;
          const position = { name: half.name, value: orderings[sortBy].valueOf(half) };
          const rest = expected.slice(expected.indexOf(half) + 1);
          const there = position.value === undefined ? { name: half.name } : { ...position, value: position.value };
          assert.deepEqual(listing.page(query, there), rest);
          assert.deepEqual(listing.page({ ...query, limit: 3 }, there), rest.slice(0, 3));
        }
    });

  it("is worn when most of its rows are gone", () => {
    const worn = new Listing(rows);
    for (const { name } of rows.slice(0, 2100)) worn.remove(name);
    assert.equal(worn.isWorn, true);
    assert.equal(listing.isWorn, false);
  });
});
