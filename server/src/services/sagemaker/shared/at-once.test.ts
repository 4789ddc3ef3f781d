import assert from "node:assert/strict";
import { it } from "node:test";
import { atOnce } from "./at-once.ts";

it("works on every item, never on more at once than it may", async () => {
  let underWay = 0;
  let most = 0;
  const done: string[] = [];
  await atOnce(["a", "b", "c", "d", "e"], 2, async (item, index) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await Promise.resolve();
    done[index] = item;
    underWay -= 1;
  });
  assert.deepEqual([done, most], [["a", "b", "c", "d", "e"], 2]);
});

it("begins nothing more after a failure", async () => {
  const begun: number[] = [];
  const second = Promise.withResolvers<void>();
  const work = async (item: number) => {
    begun.push(item);
    if (item === 1) throw new Error("of the first");
    await second.promise;
  };
  await assert.rejects(atOnce([1, 2, 3, 4], 2, work), /of the first/);
  second.resolve();
  await second.promise;
  assert.deepEqual(begun, [1, 2]);
});
