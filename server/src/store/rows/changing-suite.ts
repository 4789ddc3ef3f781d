// Lists of rows that change, whatever they filter and sort by, against the same worked out from all rows.
import assert from "node:assert/strict";
import type { RowQuery, Rows, RowWrite } from "./rows.ts";
import { allPages, aRow, type It, scope } from "./sample-rows.ts";

/** A reproducible sequence of numbers from 0 to below `n` (Marsaglia 2003, xorshift). */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

export function changingListTests(it: It, rows: () => Rows): void {
  const kind = "test:changing";
  const there = new Map<string, RowWrite>();
  const roll = dice(20_200_930);
  const someName = () => `${["Job", "jOB", "Äther", "\uFF5E", "😀"][roll(5)]}-${roll(60)}`;
  const change = async () => {
    const name = someName();
    if (roll(4) === 0) {
      there.delete(name);
      return await rows().commit({ remove: [aRow(name, { kind })] });
    }
    const row = aRow(name, {
      kind,
      status: ["Completed", "Failed", "InProgress"][roll(3)] ?? "",
      createdAt: there.get(name)?.createdAt ?? 1 + roll(20),
      modifiedAt: 20 + roll(20),
      ...(roll(3) === 0 ? { parent: "mother" } : {}),
    });
    there.set(name, row);
    return await rows().commit({ put: [row] });
  };
  const sometimes = <Value>(value: Value): Value | undefined => (roll(4) === 0 ? value : undefined);
  const someQuery = (): RowQuery => ({
    kind,
    scope,
    limit: 1 + roll(7),
    sortBy: (["name", "created", "modified", "status"] as const)[roll(4)],
    descending: roll(2) === 0,
    status: sometimes("Failed"),
    parent: sometimes("mother"),
    nameContains: sometimes(["job", "-1", "Äth", "JOB-2", "no"][roll(5)]),
    namePrefix: sometimes("Job"),
    createdAfter: sometimes(roll(20)),
    createdBefore: sometimes(roll(20)),
    modifiedAfter: sometimes(20 + roll(20)),
    modifiedBefore: sometimes(20 + roll(20)),
  });
  const expected = (query: RowQuery): string[] => {
    const { sortBy, descending, nameContains = "", namePrefix = "", status, parent } = query;
    const { createdAfter = -1, createdBefore = 99, modifiedAfter = -1, modifiedBefore = 99 } = query;
    const key = ({ createdAt, modifiedAt, status }: RowWrite) =>
      ({ name: 0, created: createdAt, modified: modifiedAt, status: status.charCodeAt(0) })[sortBy ?? "name"];
    const bytes = (a: RowWrite, b: RowWrite) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
    const order = (a: RowWrite, b: RowWrite) => key(a) - key(b);
    const found = [...there.values()]
      .filter((row) => row.name.toLowerCase().includes(nameContains.toLowerCase()) && row.name.startsWith(namePrefix))
      .filter((row) => (status === undefined || row.status === status) && (parent ?? row.parent) === row.parent)
      .filter(({ createdAt }) => createdAt > createdAfter && createdAt < createdBefore)
      .filter(({ modifiedAt }) => modifiedAt > modifiedAfter && modifiedAt < modifiedBefore)
      .sort((a, b) => order(a, b) || bytes(a, b));
    return (descending ? found.reverse() : found).map(({ name }) => name);
  };
  it("whatever a list filters and sorts by, it gives what is there while rows are made, changed and removed", async () => {
    for (let round = 0; round < 150; round++) {
      await Promise.all(Array.from({ length: roll(5) }, change));
      const query = someQuery();
      assert.deepEqual(await allPages(rows(), query), expected(query), JSON.stringify(query));
    }
  });
}
