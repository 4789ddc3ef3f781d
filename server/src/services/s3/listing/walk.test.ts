import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "../../../store/rows/rows.ts";
import { compareNames, decodeKey, encodeKey } from "../shared/names.ts";
import { type Seek, startAfter, walk } from "./walk.ts";

function bucketOf(keys: readonly string[]) {
  const seeks: Seek[] = [];
  const rows = [...keys].sort(compareNames).map((key): Row<null> => {
    const name = encodeKey(key);
    return { kind: "k", scope: "s", name, version: 1, status: "", createdAt: 0, modifiedAt: 0, document: null };
  });
  const sourceFor = (prefix: string) => async (seek: Seek) => {
    seeks.push(seek);
    return rows
      .filter(({ name }) => name.startsWith(encodeKey(prefix)))
      .filter(({ name }) => seek.from === undefined || compareNames(name, seek.from) >= 0)
      .filter(({ name }) => seek.after === undefined || compareNames(name, seek.after) > 0)
      .slice(0, seek.limit);
  };
  return { seeks, sourceFor };
}

async function listed(
  keys: readonly string[],
  request: { prefix?: string; delimiter?: string; marker?: string; limit?: number },
) {
  const { seeks, sourceFor } = bucketOf(keys);
  const { prefix = "", delimiter, marker, limit = 1000 } = request;
  const { entries, truncated } = await walk({
    source: sourceFor(prefix),
    keyOf: decodeKey,
    prefix,
    delimiter,
    start: startAfter(marker, prefix, delimiter),
    limit,
  });
  return { names: entries.map((entry) => ("prefix" in entry ? `${entry.prefix}*` : entry.key)), truncated, seeks };
}

const keys = ["a", "b/1", "b/2", "b/c/3", "c", "d/4", "e"];

const cases: Record<string, [Parameters<typeof listed>[1], readonly string[], boolean]> = {
  "all keys without delimiter": [{}, keys, false],
  "keys below a prefix roll up": [{ delimiter: "/" }, ["a", "b/*", "c", "d/*", "e"], false],
  "rolling up starts behind the prefix": [{ prefix: "b/", delimiter: "/" }, ["b/1", "b/2", "b/c/*"], false],
  "a page ends at its limit": [{ delimiter: "/", limit: 2 }, ["a", "b/*"], true],
  "a page goes on behind a common prefix": [{ delimiter: "/", marker: "b/", limit: 2 }, ["c", "d/*"], true],
  "a page goes on behind a key": [{ marker: "b/2" }, ["b/c/3", "c", "d/4", "e"], false],
  "a marker inside a common prefix hides that prefix": [{ delimiter: "/", marker: "b/1" }, ["c", "d/*", "e"], false],
  "a last page that is just full is not truncated": [{ limit: 7 }, keys, false],
  "no entries are asked for": [{ limit: 0 }, [], false],
};

for (const [sentence, [request, names, truncated]] of Object.entries(cases))
  test(sentence, async () => {
    const answer = await listed(keys, request);
    assert.deepEqual({ names: answer.names, truncated: answer.truncated }, { names, truncated });
  });

test("a prefix with many keys costs one seek", async () => {
  const many = Array.from({ length: 5000 }, (_, index) => `big/${index}`);
  const answer = await listed([...many, "a", "z"], { delimiter: "/" });
  assert.deepEqual(answer.names, ["a", "big/*", "z"]);
  assert.ok(answer.seeks.length <= 3, `${answer.seeks.length} seeks`);
});
