import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { loadService } from "../../../../contract/model.ts";
import { javaPattern } from "./pattern.ts";

const services = readdirSync(new URL("../../../../contract/", import.meta.url)).filter((name) =>
  existsSync(new URL(`../../../../contract/${name}/service.json`, import.meta.url)),
);

describe("patterns of the models", () => {
  const cases: Record<string, [pattern: string, text: string, matches: boolean]> = {
    "match the whole value": ["[a-z]+", "abc1", false],
    "may be anchored themselves": ["^[a-z]+$", "abc", true],
    "hold alternatives as a whole": ["a|bc", "abc", false],
    "know Java's class outside brackets": ["\\p{ASCII}*", "text/csv; charset=utf-8", true],
    "know Java's class inside brackets": ["[\\p{Alnum}-]+", "a-1", true],
    "refuse what Java's class lacks": ["\\p{ASCII}*", "café", false],
    "know Unicode classes": ["[\\p{L}\\p{N}_.:/=+\\-@]*", "größe_1", true],
    "may repeat the end": ["([\\p{L}_]*)$" + "{1,128}", "größe", true],
    "know Java's anchors": ["\\A\\S[\\p{Print}]*\\z", "model.tar.gz", true],
    "do not let a dot match a line break": [".*", "a\nb", false],
  };
  for (const [sentence, [pattern, text, matches]] of Object.entries(cases))
    it(sentence, () => assert.equal(javaPattern(pattern)(text), matches));

  it("of every service can be compiled", () => {
    for (const name of services)
      for (const shape of Object.values(loadService(name).shapes))
        if (shape.type === "string" && shape.pattern !== undefined)
          assert.doesNotThrow(() => javaPattern(shape.pattern ?? ""), `${name}: ${shape.pattern}`);
  });
});
