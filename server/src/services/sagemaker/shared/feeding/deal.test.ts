import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Dealing, deal } from "./deal.ts";

const order = (count: number, epoch: number, dealing: Dealing) => [...deal(count, epoch, dealing)];
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
const sorted = (numbers: readonly number[]) => [...numbers].sort((one, other) => one - other);
const shares = (count: number, epoch: number, of: number, seed?: string) =>
  upTo(of).map((index) => order(count, epoch, { ...(seed === undefined ? {} : { seed }), share: { index, of } }));

describe("the order of an input's objects", () => {
  it("is that of the listing, in every epoch, unless a seed is given", () => {
    for (const epoch of [0, 1, 7]) assert.deepEqual(order(5, epoch, {}), [0, 1, 2, 3, 4]);
  });

  it("has everything once, differs from epoch to epoch and seed to seed, and is the same again", () => {
    const seen = new Set<string>();
    for (const seed of ["0", "1", "-9223372036854775808"])
      for (const epoch of [0, 1, 2]) {
        const shuffled = order(50, epoch, { seed });
        assert.deepEqual(sorted(shuffled), upTo(50));
        assert.deepEqual(order(50, epoch, { seed }), shuffled);
        seen.add(shuffled.join());
      }
    assert.equal(seen.size, 9);
  });

  it("favours no place", () => {
    const first = new Array(4).fill(0);
    for (let epoch = 0; epoch < 4000; epoch++) first[deal(4, epoch, { seed: "3" })[0] ?? 0] += 1;
    for (const count of first) assert.ok(Math.abs(count - 1000) < 150, String(first));
  });

  it("of nothing is nothing", () => assert.deepEqual(order(0, 0, { seed: "1" }), []));
});

describe("shares of hosts", () => {
  const cases: Record<string, [count: number, hosts: number, sizes: number[]]> = {
    "are equal where they can be": [12, 3, [4, 4, 4]],
    "differ by one where they cannot": [11, 3, [4, 4, 3]],
    "are empty for some when there are fewer objects than hosts": [2, 3, [1, 1, 0]],
  };
  for (const [sentence, [count, hosts, sizes]] of Object.entries(cases))
    it(sentence, () => {
      for (const seed of [undefined, "5"]) {
        const dealt = shares(count, 0, hosts, seed);
        assert.deepEqual(
          dealt.map((share) => share.length),
          sizes,
        );
        assert.deepEqual(sorted(dealt.flat()), upTo(count), "each object is one host's");
      }
    });

  it("stay the same without a seed, and are dealt anew for each epoch with one", () => {
    assert.deepEqual(shares(20, 0, 2), shares(20, 1, 2));
    const sets = [0, 1].map((epoch) => shares(20, epoch, 2, "8").map((share) => sorted(share).join()));
    assert.notDeepEqual(sets[0], sets[1]);
  });
});
