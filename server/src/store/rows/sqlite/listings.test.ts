import assert from "node:assert/strict";
import { test } from "node:test";
import type { ListedRow } from "../listing.ts";
import type { Statement } from "../statements.ts";
import { Listings } from "./listings.ts";

const aRow = (name: string): ListedRow => ({ name, status: "s", parent: null, created_at: 1, modified_at: 1 });
const request = {
  query: { kind: "k", scope: "s", limit: 10 },
  position: undefined,
  load: {} as Statement,
};

test("a listing that would have too many rows, or comes to have them, is not kept", () => {
  let stored = ["a", "b"];
  const listings = new Listings(() => stored.map(aRow), 3);
  const names = () => listings.page(request)?.map(({ name }) => name);
  const add = (name: string) => {
    stored = [...stored, name];
    listings.apply({ removed: [], put: [{ kind: "k", scope: "s", ...aRow(name) }] });
  };
  assert.deepEqual(names(), ["a", "b"]);
  add("c");
  assert.deepEqual(names(), ["a", "b", "c"]);
  add("d");
  assert.equal(names(), undefined);
  stored = ["d"];
  assert.deepEqual(names(), ["d"]);
});
