import assert from "node:assert/strict";
import { it } from "node:test";
import { heldMs, heldUntil, hold, letGo } from "./held-time.ts";

it("time is counted while instances are held, over all spans, and not between them", () => {
  const first = hold(undefined, 1000);
  assert.deepEqual([heldMs(first, 4000), heldUntil(first, 10)], [3000, 11_000]);
  const between = letGo(first, 4000);
  assert.deepEqual([heldMs(between, 9000), heldUntil(between, 10)], [3000, undefined]);
  const second = hold(between, 20_000);
  assert.deepEqual([heldMs(second, 21_000), heldUntil(second, 10)], [4000, 27_000]);
});

it("a span goes on when it is begun again, and one that is over is not longer when it ends again", () => {
  const held = hold(undefined, 1000);
  assert.equal(hold(held, 5000), held);
  assert.deepEqual(letGo(letGo(held, 3000), 9000), { beforeMs: 2000 });
});

it("a scale that began anew takes nothing away", () => {
  assert.equal(heldMs({ beforeMs: 500, since: 9000 }, 1000), 500);
});
