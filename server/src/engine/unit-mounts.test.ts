import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backendMounts, placeOf, type WantedMount } from "./unit-mounts.ts";

const ML = "/units/u/ml";
const mounts: readonly WantedMount[] = [
  { target: "/tmp/ckpt/" },
  { target: "/opt/ml/input/data/share", source: "/srv/share", readOnly: true },
  { target: "/home/x" },
];

describe("where the server finds what a unit sees", () => {
  const cases: Record<string, [path: string, place: string]> = {
    "below /opt/ml": ["/opt/ml/checkpoints/", `${ML} checkpoints`],
    "/opt/ml itself": ["/opt/ml", `${ML} `],
    "a folder of its own": ["/tmp/ckpt", "/units/u/mounts/0 "],
    "below a folder of its own": ["/home/x/a//b", "/units/u/mounts/1 a/b"],
    "a name that only begins alike is another": ["/opt/ml/../ml/x", `${ML} x`],
  };
  for (const [sentence, [path, expected]] of Object.entries(cases)) {
    it(sentence, () => {
      const { root, names } = placeOf(ML, mounts, path);
      assert.equal(`${root} ${names.join("/")}`, expected);
    });
  }

  it("not elsewhere", () => {
    for (const path of ["/tmp/ckpt2", "/opt/mlx", "/", "/home/x/../y"])
      assert.throws(() => placeOf(ML, mounts, path), /not in a folder/);
  });
});

it("mounts are given to the backend from the shortest path on, and those of others are marked", () => {
  assert.deepEqual(backendMounts(ML, mounts), [
    { target: "/home/x", source: "/units/u/mounts/1" },
    { target: "/tmp/ckpt/", source: "/units/u/mounts/0" },
    { target: "/opt/ml/input/data/share", source: "/srv/share", readOnly: true, shared: true },
  ]);
});
