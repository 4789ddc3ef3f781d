import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePattern, type Grammar, InvalidPattern } from "./pattern.ts";

const matches = (pattern: object, event: object) => compilePattern(JSON.stringify(pattern), "events").matches(event);

/** Most cases are asked from outside, in tests/events and tests/sns; these need events that are hard to send. */
const cases: Readonly<Record<string, readonly [pattern: object, event: object, expected: boolean]>> = {
  "values of one element of a list inside lists": [
    { a: { b: { c: [1], d: [2] } } },
    {
      a: [
        { b: [{ c: 1, d: 3 }] },
        {
          b: [
            { c: 1, d: 0 },
            { c: 0, d: 2 },
          ],
        },
      ],
    },
    false,
  ],
  "values of different lists": [{ a: { b: [1] }, c: { d: [2] } }, { a: [{ b: 0 }, { b: 1 }], c: [{ d: 2 }] }, true],
  "lists of lists": [{ a: ["x"] }, { a: [["y"], [["x"]]] }, true],
  "names that objects have by themselves": [{ constructor: [{ exists: true }] }, { a: 1 }, false],
  "a name that is one of those": [{ __proto__x: ["y"], toString: ["z"] }, { __proto__x: "y", toString: "z" }, true],
  "escaped stars": [{ a: [{ wildcard: "x\\*y*" }] }, { a: "x*yz" }, true],
  "escaped stars are no stars": [{ a: [{ wildcard: "x\\*y" }] }, { a: "xzy" }, false],
  "an address in another notation": [{ a: [{ cidr: "2001:db8::/33" }] }, { a: "2001:0db8:8000::1" }, false],
  "IPv4 inside IPv6": [{ a: [{ cidr: "::ffff:10.0.0.0/104" }] }, { a: "::ffff:10.9.9.9" }, true],
};

for (const [sentence, [pattern, event, expected]] of Object.entries(cases)) {
  test(sentence, () => assert.equal(matches(pattern, event), expected));
}

test("lists that have nothing together are given up soon", () => {
  const lists = Array.from({ length: 12 }, (_, index) => `l${index}`);
  const items = Array.from({ length: 40 }, (_, index) => ({ a: index, b: index + 1 }));
  const pattern = Object.fromEntries(lists.map((name) => [name, { a: [{ exists: true }] }]));
  const event = Object.fromEntries(lists.map((name) => [name, items]));
  assert.equal(matches({ ...pattern, z: { a: [1], b: [1] } }, { ...event, z: items }), false);
});

const deep = (levels: number, inside: string) => "[".repeat(levels) + inside + "]".repeat(levels);
const keys = (count: number, of: (index: number) => string) => Array.from({ length: count }, (_, index) => of(index));
const compiled = (text: string) => compilePattern(text, "events");

/** Each would take minutes, or all memory, if its cost grew with the product of its parts. */
const costly: Readonly<Record<string, () => unknown>> = {
  "many values deep inside lists": () =>
    compiled('{"a":["x"]}').matches({ a: JSON.parse(deep(900, `${"1,".repeat(100_000)}1`)) }),
  "lists nested deeper than anybody reads": () =>
    compiled('{"a":["x"]}').matches({ a: JSON.parse(deep(100_000, "1")) }),
  "many values under a long name": () =>
    compiled('{"a":["x"]}').matches({
      ["n".repeat(100_000)]: Object.fromEntries(keys(20_000, (n) => `k${n}`).map((k) => [k, 1])),
    }),
  "many alternatives over lists that have nothing together": () => {
    const choice = (name: string) => `"$or":[${keys(10, (n) => `{"${name}":[{"prefix":"${n}"}]}`)}]`;
    const pattern = `{"x":{"a":[{"exists":true}],"b":[{"exists":true}]},"y":{"a":[1],"b":[2]},${choice("c")}}`;
    const items = keys(300, (n) => `{"a":${n},"b":${n}}`).join();
    compiled(pattern).matches(JSON.parse(`{"x":[${items}],"y":[${items}],"c":"9"}`));
  },
  "many keys beside many alternatives": () => {
    const choice = (name: string) => `"$or":[${keys(10, (n) => `{"${name}":[${n}]}`)}]`;
    compiled(`{${choice("x")},${choice("y")},${choice("z")},${keys(400, (n) => `"k${n}":[1]`)}}`).matches({ k0: 1 });
  },
  "many stars": () =>
    compilePattern(
      `{"a":[{"wildcard":"${keys(30_000, (n) => `*${String.fromCharCode(0x4e00 + n)}`).join("")}"}]}`,
      "sns",
    ),
};

for (const [sentence, act] of Object.entries(costly)) {
  test(`${sentence} take no long time`, () => {
    const before = performance.now();
    act();
    assert.ok(performance.now() - before < 2000, `${performance.now() - before} ms`);
  });
}

test("a pattern nested deeper than AWS reads is refused", () => {
  const text = `${'{"a":'.repeat(5000)}["x"]${"}".repeat(5000)}`;
  assert.throws(() => compilePattern(text, "sns"), InvalidPattern);
});

const texts: readonly (readonly [text: string, grammar: Grammar, message: RegExp])[] = [
  ['{"a":[{"anything-but":{"suffix":"x"}}]}', "sns", /^Unsupported anything-but pattern: suffix\n/],
  ['{"$or":[{"a":[1]}]}', "events", /at least 2 Objects in \$or/],
  ["", "events", /^Unexpected end-of-input/],
  ['{"a":[1]} x', "events", /^Unexpected character/],
  ['{"a":["\\x"]}', "events", /^Unrecognized character escape/],
  ['{"a":[{}]}', "events", /^Match expression name not found/],
  ["{}", "events", /^Empty objects are not allowed/],
];

for (const [text, grammar, message] of texts) {
  test(`${text} is refused`, () => {
    assert.throws(
      () => compilePattern(text, grammar),
      (error: unknown) => error instanceof InvalidPattern && message.test(error.message),
    );
  });
}
