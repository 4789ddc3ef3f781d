// Filter patterns as a table: pattern, message, whether it is found. [guide]: examples of the Logs user guide.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileFilterPattern } from "./filter-pattern.ts";
import { InvalidPattern } from "./pattern-error.ts";

const job = JSON.stringify({
  job: { name: "train-7", epoch: 12, tags: ["a", "b"] },
  state: "Failed: out of memory",
  done: true,
  error: null,
});

const cases: Readonly<Record<string, readonly [pattern: string, message: string, isFound: boolean]>> = {
  "an empty pattern finds everything": ["", "x", true],
  "a term is found anywhere": ["ERROR", "[ERROR 400] BAD REQUEST", true],
  "terms are compared with regard to case [guide]": ["error", "ERROR", false],
  "all terms have to be there [guide]": ["ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", true],
  "one missing term is enough to miss [guide]": ["ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST", false],
  "one of the terms marked ? is enough [guide]": ["?ERROR ?ARGUMENTS", "[ERROR 400] BAD REQUEST", true],
  "none of the terms marked ? misses": ["?ERROR ?ARGUMENTS", "fine", false],
  "terms marked ? are ignored beside others [guide]": ["?ERROR REQUEST", "REQUEST", true],
  "a term marked - must not be there [guide]": ["ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", false],
  "a phrase keeps its spaces [guide]": ['"INTERNAL SERVER ERROR"', "[ERROR 500] INTERNAL SERVER ERROR", true],
  "a phrase is one": ['"SERVER INTERNAL"', "[ERROR 500] INTERNAL SERVER ERROR", false],
  "a quote within a phrase": ['"say \\"no\\""', 'they say "no"', true],
  "a number of a field": ["{ $.job.epoch = 12 }", job, true],
  "a number that is greater": ["{ $.job.epoch > 12 }", job, false],
  "text of a field": ['{ $.job.name = "train-7" }', job, true],
  "text with a star": ['{ $.state = "Failed*memory" }', job, true],
  "text without quotes": ["{ $.job.name = train-* }", job, true],
  "other text": ['{ $.job.name != "train-7" }', job, false],
  "an element of a list": ['{ $.job.tags[1] = "b" }', job, true],
  "a field that is null [guide]": ["{ $.error IS NULL }", job, true],
  "a field that is true [guide]": ["{ $.done IS TRUE }", job, true],
  "a field that is not there [guide]": ["{ $.missing NOT EXISTS }", job, true],
  "both conditions": ["{ $.job.epoch >= 12 && $.done IS TRUE }", job, true],
  "either condition, grouped": ["{ ($.job.epoch = 1 || $.job.epoch = 12) && $.error IS NULL }", job, true],
  "a message that is no JSON is not found": ["{ $.a = 1 }", "a = 1", false],
  "a field of the prototype is no field": ["{ $.constructor EXISTS }", job, false],
};

for (const [sentence, [pattern, message, isFound]] of Object.entries(cases)) {
  test(sentence, () => {
    assert.equal(compileFilterPattern(pattern)(message), isFound);
  });
}

for (const pattern of [
  "{ $.a = }",
  "{ $.a = 1",
  "{ a = 1 }",
  '{ $.a > "x" }',
  "{ $.a = 1 } x",
  "[a, b]",
  "%x+%",
  '"open',
]) {
  test(`the pattern ${pattern} is refused`, () => {
    assert.throws(() => compileFilterPattern(pattern), InvalidPattern);
  });
}
