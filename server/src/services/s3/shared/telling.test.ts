import assert from "node:assert/strict";
import { test } from "node:test";
import { covers, encodedKey } from "./telling.ts";

const keys: Readonly<Record<string, string>> = {
  "red flower.jpg": "red+flower.jpg",
  "a@b": "a%40b",
  "in/dir/file.txt": "in/dir/file.txt",
  "é+(1)~!": "%C3%A9%2B%281%29%7E%21",
};

for (const [key, shown] of Object.entries(keys))
  test(`the key ${key} is told as ${shown}`, () => assert.equal(encodedKey(key), shown));

test("names of events stand for themselves, or with a star for all that begin so", () => {
  assert.ok(covers("s3:ObjectCreated:*", "s3:ObjectCreated:Put"));
  assert.ok(covers("s3:ObjectAcl:Put", "s3:ObjectAcl:Put"));
  assert.ok(!covers("s3:ObjectCreated:Put", "s3:ObjectCreated:Post"));
  assert.ok(!covers("s3:ObjectRemoved:*", "s3:ObjectCreated:Put"));
});
