import { deepStrictEqual } from "node:assert/strict";
import { test } from "node:test";
import { attach, detach } from "./stages.ts";

type Table = Readonly<Record<string, readonly string[]>>;

const versions = (table: Table) => Object.entries(table).map(([id, stages]) => ({ id, stages }));
const table = (found: readonly { readonly id: string; readonly stages: readonly string[] }[]): Table =>
  Object.fromEntries(found.map(({ id, stages }) => [id, stages]));

const cases: Readonly<Record<string, readonly [Table, string, readonly string[], Table]>> = {
  "AWSPREVIOUS follows AWSCURRENT": [
    { a: ["AWSCURRENT"], b: [] },
    "b",
    ["AWSCURRENT"],
    { a: ["AWSPREVIOUS"], b: ["AWSCURRENT"] },
  ],
  "the version before the previous one has no label left": [
    { a: ["AWSPREVIOUS"], b: ["AWSCURRENT"], c: [] },
    "c",
    ["AWSCURRENT"],
    { a: [], b: ["AWSPREVIOUS"], c: ["AWSCURRENT"] },
  ],
  "a label of one's own stays where AWSCURRENT leaves, and AWSPENDING goes": [
    { a: ["AWSCURRENT", "AWSPENDING", "mine"], b: [] },
    "b",
    ["AWSCURRENT"],
    { a: ["AWSPREVIOUS", "mine"], b: ["AWSCURRENT"] },
  ],
  "a label given to a new version leaves the old one": [
    { a: ["AWSCURRENT"], b: ["one", "three", "two"], c: [] },
    "c",
    ["one", "two", "four"],
    { a: ["AWSCURRENT"], b: ["three"], c: ["four", "one", "two"] },
  ],
  "AWSCURRENT given to the version that has it moves nothing": [
    { a: ["AWSPREVIOUS"], b: ["AWSCURRENT"] },
    "b",
    ["AWSCURRENT"],
    { a: ["AWSPREVIOUS"], b: ["AWSCURRENT"] },
  ],
  "going back swaps the two": [
    { a: ["AWSPREVIOUS"], b: ["AWSCURRENT"] },
    "a",
    ["AWSCURRENT"],
    { a: ["AWSCURRENT"], b: ["AWSPREVIOUS"] },
  ],
};

for (const [sentence, [before, id, labels, after]] of Object.entries(cases)) {
  test(sentence, () => deepStrictEqual(table(attach(versions(before), id, labels)), after));
}

test("a label can be taken off", () => {
  deepStrictEqual(table(detach(versions({ a: ["AWSCURRENT", "mine"] }), "mine")), { a: ["AWSCURRENT"] });
});
