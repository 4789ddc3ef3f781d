import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createScraper, patternProblem } from "./metrics.ts";

describe("numbers in lines", () => {
  const cases: Record<string, [pattern: string, line: string, values: readonly number[]]> = {
    "the first capture group is the number": ["rmse=([0-9.]+) of ([0-9]+)", "epoch 2 rmse=0.25 of 7", [0.25]],
    "exponents and signs are numbers": ["loss: (\\S+)", "loss: -1.5e-3", [-0.0015]],
    "what is no number is no reading": ["loss: (\\S+)", "loss: diverged", []],
    "infinity is no reading": ["loss: (\\S+)", "loss: Infinity", []],
    "no match is no reading": ["loss: (\\S+)", "starting", []],
  };
  for (const [sentence, [pattern, line, values]] of Object.entries(cases)) {
    it(sentence, () => {
      const readings = createScraper([{ name: "m", pattern }])(line);
      assert.deepEqual(
        readings,
        values.map((value) => ({ name: "m", value })),
      );
    });
  }
  it("an expression that would take ages elsewhere does not here", () => {
    assert.deepEqual(createScraper([{ name: "m", pattern: "^((a+)+)+$" }])(`${"a".repeat(5_000)}!`), []);
  });
});

it("problems of an expression are told in words", () => {
  assert.match(patternProblem("(?=x)(.)") ?? "", /invalid|unsupported|Perl/i);
  assert.match(patternProblem("loss") ?? "", /no capture group/);
  assert.equal(patternProblem("loss=(.*)"), undefined);
});
