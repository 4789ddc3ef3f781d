import assert from "node:assert/strict";
import { test } from "node:test";
import { BadPath, parseJsonPath, select } from "./json-path.ts";

const row = ["a", "b", "c", "d", "e", "f"];
const object = { uid: 7, a: { x: 1, y: [2, 3] }, "odd name": true };

const selected: Readonly<Record<string, readonly [path: string, value: unknown, found: unknown]>> = {
  "the root is everything": ["$", row, row],
  "a child by its name": ["$.uid", object, 7],
  "a child in brackets": ["$['odd name']", object, true],
  "a child of a child": ["$.a.y", object, [2, 3]],
  "several children are an object of them": ["$['uid','odd name']", object, { uid: 7, "odd name": true }],
  "a dot before a bracket changes nothing": ["$.a.['x','y']", object, { x: 1, y: [2, 3] }],
  "the wildcard selects all children": ["$.a.*", object, [1, [2, 3]]],
  "an index": ["$[0]", row, "a"],
  "an index from the end": ["$[-1]", row, "f"],
  "several indices": ["$[0,2,-1]", row, ["a", "c", "f"]],
  "a slice ends before its end": ["$[1:4]", row, ["b", "c", "d"]],
  "a slice from the start": ["$[:3]", row, ["a", "b", "c"]],
  "a slice to the end": ["$[2:]", row, ["c", "d", "e", "f"]],
  "an index and a slice": ["$[0,4:]", row, ["a", "e", "f"]],
  "an item of a child": ["$.a.y[1]", object, 3],
};

for (const [sentence, [path, value, found]] of Object.entries(selected))
  test(sentence, () => assert.deepEqual(select(parseJsonPath(path), value), found));

const refused: Readonly<Record<string, readonly [path: string, value: unknown, message: RegExp]>> = {
  "a path without a root": ["uid", object, /begins with \$, got "uid"/],
  "a path that is not understood": ["$.a[?(@.x)]", object, /not understood from "\[\?\(@\.x\)\]" on/],
  "an empty bracket": ["$[]", row, /not understood/],
  "a child that is not there": ["$.none", object, /the child "none", which is not there/],
  "a child by an inherited name": ["$.toString", object, /which is not there/],
  "a child of an array": ["$.uid", row, /the child "uid" of an array/],
  "an item of an object": ["$[0]", object, /items of an object/],
  "an index beyond the end": ["$[6]", row, /item 6, but there are 6 items/],
  "a slice of nothing": ["$[7:]", row, /none of 6 items/],
};

for (const [sentence, [path, value, message]] of Object.entries(refused))
  test(`${sentence} is refused`, () => {
    assert.throws(
      () => select(parseJsonPath(path), value),
      (error: unknown) => error instanceof BadPath && message.test(error.message),
    );
  });
