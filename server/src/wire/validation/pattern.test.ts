import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { createContext, Script } from "node:vm";
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

  const patterns = new Set(
    services.flatMap((name) =>
      Object.values(loadService(name).shapes).flatMap((shape) =>
        shape.type === "string" && shape.pattern !== undefined ? [shape.pattern] : [],
      ),
    ),
  );

  it("of every service can be compiled", () => {
    for (const pattern of patterns) assert.doesNotThrow(() => javaPattern(pattern), pattern);
  });

  // The time is no measurement: what backtracks exponentially needs longer than the universe has.
  it("of every service answer for texts made to confuse them", () => {
    const context = createContext({ matches: () => true, text: "" });
    const script = new Script("matches(text)");
    for (const pattern of patterns) {
      context["matches"] = javaPattern(pattern);
      for (const start of ["", "https://", "s3://", "arn:aws:sagemaker:us-east-1:123456789012:", "aa"])
        for (const repeated of ["a", "0", "-", "a-", "aA0", "/", "a/", "a.", "_", "a,", "a:"]) {
          context["text"] = `${start}${repeated.repeat(300)}!`;
          assert.doesNotThrow(() => script.runInContext(context, { timeout: 20_000 }), pattern);
        }
    }
  });

  const addresses: Record<string, boolean> = {
    "https://abc": true,
    "https://a/b/c": true,
    "https://a/b/c/": true,
    "https://github.com/org/name.git": true,
    "https://ab": false,
    "https://a/b": false,
    "https://a//bc": false,
    "https:///abc": false,
    "https://a b c": false,
  };
  for (const [address, matches] of Object.entries(addresses))
    it(`${matches ? "take" : "refuse"} ${address} as a repository, as the original does`, () => {
      const original = "https://([.\\-_a-zA-Z0-9]+/?){3,1016}";
      assert.equal(javaPattern(original)(address), matches);
      assert.equal(new RegExp(`^(?:${original})$`).test(address), matches);
    });
});
