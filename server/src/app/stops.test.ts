import assert from "node:assert/strict";
import { test } from "node:test";
import { createStops } from "./stops.ts";

test("the last begun ends first, also what comes behind one that fails, and nothing ends twice", async () => {
  const stops = createStops();
  const ended: string[] = [];
  for (const name of ["store", "engine", "front"])
    stops.add(async () => {
      ended.push(name);
      if (name === "engine") throw new Error("stuck");
    });
  await assert.rejects(stops.run(), /stuck/);
  await stops.run();
  assert.deepEqual(ended, ["front", "engine", "store"]);
});
