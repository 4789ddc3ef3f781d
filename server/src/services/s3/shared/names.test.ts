import assert from "node:assert/strict";
import { test } from "node:test";
import {
  afterPrefix,
  compareNames,
  decodeKey,
  encodeKey,
  isVersionId,
  nameUnderKey,
  newVersionId,
  splitUnderKey,
  versionTime,
} from "./names.ts";

const keys = ["", "a", "a\0", "a\0b", "a\u0001", "a\u0001\u0001", "a\u0002", "a/", "ab", "é", "\uffff", "😀"];

test("row names of keys keep the keys' byte order and give the keys back", () => {
  const byKey = [...keys].sort(compareNames);
  assert.deepEqual(
    [...keys].sort((one, other) => compareNames(encodeKey(one), encodeKey(other))),
    byKey,
  );
  for (const key of keys) assert.equal(decodeKey(encodeKey(key)), key);
});

test("versions of a key come before everything of a longer key", () => {
  const names = keys.map((key) => nameUnderKey(key, "zzz"));
  assert.deepEqual(
    [...names].sort(compareNames).map((name) => splitUnderKey(name).key),
    [...keys].sort(compareNames),
  );
});

test("newer version ids sort first and tell their time", () => {
  const [older, newer] = [newVersionId(1_000), newVersionId(1_001)];
  assert.ok(newer < older);
  assert.equal(versionTime(newer), 1_001);
  assert.ok(isVersionId(newer) && isVersionId("null") && !isVersionId("nonsense"));
});

test("the first name after a prefix lies beyond all names with the prefix", () => {
  assert.equal(afterPrefix("a/"), "a0");
  assert.equal(afterPrefix("\u{10ffff}"), undefined);
  assert.equal(afterPrefix("a\u{10ffff}"), "b");
});
