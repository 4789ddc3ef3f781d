// Filter patterns as a table: pattern, message, whether it is found. [guide]: examples of the Logs user guide.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileFilterPattern } from "./compile.ts";
import { InvalidPattern } from "./error.ts";

const job = JSON.stringify({
  job: { name: "train-7", epoch: 12, tags: ["a", "b"] },
  state: "Failed: out of memory",
  done: true,
  error: null,
});

const line = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';

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
  "a field of the prototype is no field": ["{ $.constructor NOT EXISTS }", job, true],
  "a quoted space finds everything [guide]": ['" "', "x", true],
  "an expression is found anywhere [guide]": ["%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", true],
  "an expression with classes [guide]": ["%^[hc]at%", "that", false],
  "an expression that must not be there": ["ERROR -%4[0-9]{2}%", "ERROR 404", false],
  "one of two expressions": ["?%a{3}% ?%b$%", "ab", true],
  "an expression over a field": ["{ $.job.name = %^train-\\d+$% }", job, true],
  "a field that an expression must not find": ["{ $.job.name != %train% }", job, false],
  "a number in scientific notation [guide]": ["{ $.job.epoch = 1.2e+1 }", job, true],
  "a number that is not": ["{ $.job.epoch != 13 }", job, true],
  "a star for any value": ["{ $.job.name = * }", job, true],
  "a list has no value [guide]": ["{ $.job.tags = * }", job, false],
  "any element of a list": ['{ $.job.tags[*] = "b" }', job, true],
  "any member of an object": ["{ $.job.* = 12 }", job, true],
  "a member with spaces": ['{ $["a b"] = 1 }', '{"a b": 1}', true],
  "an address with a star [guide]": ["{ $.ip != 123.123.* }", '{"ip": "111.1.1.1"}', true],
  "&& binds closer than || [guide]": ["{ $.done IS TRUE || $.error NOT EXISTS && $.done IS FALSE }", job, true],
  "fields of a line [guide]": ["[ip, user, username, timestamp, request=*.html*, status_code=4*, bytes]", line, true],
  "a field that differs": ["[ip, user, username, timestamp, request=*.gif*, status_code=4*, bytes]", line, false],
  "fields that nobody counts [guide]": ["[..., request=*.html*, status_code=4*, bytes]", line, true],
  "fields nobody counts at the end": ["[ip=127.*, ...]", line, true],
  "either value of a field [guide]": ["[..., status_code=404 || status_code=410, bytes]", line, true],
  "a field as a number": ["[..., bytes>1000]", line, true],
  "a field as a smaller number": ["[..., bytes<=1000]", line, false],
  "two conditions on a field": ["[..., (bytes>1000 && bytes<2000)]", line, true],
  "the first word [guide]": ["[w1=ERROR, w2]", "ERROR 500 internal", true],
  "the first word needs another behind it": ["[w1=ERROR, w2]", "ERROR", false],
  "either first word, whatever its case of name [guide]": ["[w1=ERROR || W1=WARNING, w2]", "WARNING x", true],
  "neither first word [guide]": ["[w1!=ERROR && w1!=WARNING, w2]", "INFO x", true],
  "a word by an expression": ["[w1=%^E.*R$%, w2]", "ERROR 1", true],
  "a last field with a condition is the last word": ["[a, b=2]", "1 2 3", false],
  "more fields than words": ["[a, b, c]", "1 2", false],
  "an open bracket is a word": ["[a, b=x]", "[open x", true],
};

for (const [sentence, [pattern, message, isFound]] of Object.entries(cases)) {
  test(sentence, () => {
    assert.equal(compileFilterPattern(pattern).matches(message), isFound);
  });
}

for (const pattern of [
  "{ $.a = }",
  "{ $.a = 1",
  "{ a = 1 }",
  '{ $.a > "x" }',
  "{ $.a = 1 } x",
  '"open',
  "%open",
  "%(a|b)%",
  "%a!%",
  "%[%",
  "%%",
  "{ $.a EXISTS }",
  "{ $.a IS NOT NULL }",
  "{ ($.a = 1 }",
  "{ $.a = %1% && $.b = %2% && $.c = %3% }",
  "[a",
  "[a, ..., b, ...]",
  "[a=]",
  "[a=1 && b=2]",
  "[a=1] x",
  "[=1]",
]) {
  test(`the pattern ${pattern} is refused`, () => {
    assert.throws(() => compileFilterPattern(pattern), InvalidPattern);
  });
}

const read: Readonly<Record<string, readonly [pattern: string, message: string, extracted: Record<string, string>]>> = {
  "fields have names [guide]": [
    "[ip, user, username, timestamp, request=*.html*, status_code=4*, bytes]",
    line,
    {
      $ip: "127.0.0.1",
      $user: "Prod",
      $username: "frank",
      $timestamp: "10/Oct/2000:13:25:15 -0700",
      $request: "GET /index.html HTTP/1.0",
      $status_code: "404",
      $bytes: "1534",
    },
  ],
  "fields nobody named have places": ["[..., c]", "a b c", { $1: "a", $2: "b", $c: "c" }],
  "a last field takes the rest": ["[a, b]", "1 2 3", { $a: "1", $b: "2 3" }],
  "selectors of JSON": ["{ $.job.epoch > 1 && $.done IS TRUE }", job, { "$.job.epoch": "12", "$.done": "true" }],
  "terms read nothing": ["x", "x", {}],
};

for (const [sentence, [pattern, message, extracted]] of Object.entries(read)) {
  test(sentence, () => {
    assert.deepEqual(compileFilterPattern(pattern).read(message)?.extracted, extracted);
  });
}

test("a metric takes its value from what the pattern can read", () => {
  const cases = [
    ["{ $.a = * }", "$.b.c[0]", true],
    ["{ $.a = * }", "$b", false],
    ["[a, b]", "$b", true],
    ["[a, b]", "$c", false],
    ["[..., b]", "$2", true],
    ["x", "$.a", false],
  ] as const;
  assert.deepEqual(
    cases.map(([pattern, selector]) => compileFilterPattern(pattern).selects(selector)),
    cases.map(([, , selects]) => selects),
  );
});
