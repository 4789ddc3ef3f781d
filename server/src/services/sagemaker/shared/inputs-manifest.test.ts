import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseManifest } from "./inputs-manifest.ts";

const parsed = (...entries: readonly unknown[]) =>
  parseManifest(JSON.stringify(entries), "s3://m/manifest").map(({ bucket, key, name }) => `${bucket} ${key} ${name}`);

describe("a manifest", () => {
  const cases: Record<string, [entries: unknown[], objects: string[]]> = {
    "puts prefix and end together": [
      [{ prefix: "s3://lake/crops/" }, "2019/a.csv"],
      ["lake crops/2019/a.csv 2019/a.csv"],
    ],
    "may have the slash at the end's side": [[{ prefix: "s3://lake/crops" }, "/a.csv"], ["lake crops/a.csv a.csv"]],
    "may end its prefix inside a name": [
      [{ prefix: "s3://lake/part-" }, "1", "2"],
      ["lake part-1 1", "lake part-2 2"],
    ],
    "may have a bucket as prefix": [[{ prefix: "s3://lake" }, "/a.csv"], ["lake a.csv a.csv"]],
    "keeps the order, and what is there twice": [
      [{ prefix: "s3://lake/" }, "b", "a", "b"],
      ["lake b b", "lake a a", "lake b b"],
    ],
  };
  for (const [sentence, [entries, objects]] of Object.entries(cases))
    it(sentence, () => assert.deepEqual(parsed(...entries), objects));

  const wrong: Record<string, [text: string, message: RegExp]> = {
    "no JSON": ["[{", /is no JSON:/],
    "no list": ["{}", /is no JSON list/],
    "no prefix": ['["a"]', /must begin with \{"prefix"/],
    "nothing in it": ["[]", /must begin with/],
    "a prefix that is no URI": ['[{"prefix":"lake/"},"a"]', /must begin with/],
    "a prefix alone": ['[{"prefix":"s3://lake/"}]', /names no object/],
    "an entry that is no text": ['[{"prefix":"s3://lake/"},"a",7]', /has 7 as entry 3/],
    "an empty entry": ['[{"prefix":"s3://lake/"},""]', /has "" as entry 2/],
    "an entry that leads to another bucket": [
      '[{"prefix":"s3://lake"},"house/a"]',
      /has "house\/a" as entry 2, which does not make a key of the bucket lake/,
    ],
  };
  for (const [sentence, [text, message]] of Object.entries(wrong))
    it(`with ${sentence} is refused`, () =>
      assert.throws(() => parseManifest(text, "s3://m/manifest"), { name: "JobFailure", message }));
});
