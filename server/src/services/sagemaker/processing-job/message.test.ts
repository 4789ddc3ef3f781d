import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exitMessage } from "./message.ts";

const said = (...texts: readonly (string | Uint8Array)[]) =>
  exitMessage(texts.map((text, index) => ({ host: `algo-${index + 1}`, bytes: Buffer.from(text) })));

describe("the exit message", () => {
  const cases: Record<string, [got: ReturnType<typeof exitMessage>, expected: ReturnType<typeof exitMessage>]> = {
    "is what the program wrote": [said("42 rows\n"), { text: "42 rows\n" }],
    "is none when nobody wrote one": [said(), { text: undefined }],
    "is none when it is empty": [said("", ""), { text: undefined }],
    "of several hosts is one after another": [said("a", "", "c"), { text: "ac" }],
    "has 1 KB": [said("x".repeat(3000)), { text: "x".repeat(1024) }],
    "of several hosts has 1 KB together": [
      said("x".repeat(1000), "y".repeat(1000)),
      { text: "x".repeat(1000) + "y".repeat(24) },
    ],
    "has whole characters": [said(`x${"ß".repeat(600)}`), { text: `x${"ß".repeat(511)}` }],
    "of several hosts has whole characters": [said("x".repeat(1023), "ß"), { text: "x".repeat(1023) }],
    "keeps a byte order mark": [said("\ufeffa"), { text: "\ufeffa" }],
    "that is not UTF-8 names its host": [said("good", Uint8Array.of(0xff, 0x61)), { notText: "algo-2" }],
    "that ends inside a character is not UTF-8": [said(Buffer.from("ß").subarray(0, 1)), { notText: "algo-1" }],
    "is judged by its first KB": [
      said(Buffer.concat([Buffer.alloc(1024, "x"), Uint8Array.of(0xff)])),
      { text: "x".repeat(1024) },
    ],
  };
  for (const [sentence, [got, expected]] of Object.entries(cases)) it(sentence, () => assert.deepEqual(got, expected));
});
