import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BadRecord, linePieces } from "./records.ts";

/** Chunks of every size must give the same pieces. */
async function piecesOf(text: string, payloadBytes: number | undefined, strategy: "SingleRecord" | "MultiRecord") {
  const results = [];
  for (const size of [1, 3, 1000]) {
    const chunks = async function* () {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    };
    const pieces: [string, number, number][] = [];
    for await (const { body, first, last } of linePieces(chunks(), { payloadBytes, strategy }))
      pieces.push([body.toString(), first, last]);
    results.push(pieces);
  }
  return results;
}

describe("a file of lines is cut", () => {
  const cases: Record<
    string,
    [string, number | undefined, "SingleRecord" | "MultiRecord", [string, number, number][]]
  > = {
    "into a line each": [
      "a\nbb\nc\n",
      10,
      "SingleRecord",
      [
        ["a", 1, 1],
        ["bb", 2, 2],
        ["c", 3, 3],
      ],
    ],
    "with a last line that has no end": [
      "a\nb",
      10,
      "SingleRecord",
      [
        ["a", 1, 1],
        ["b", 2, 2],
      ],
    ],
    "without sending empty lines": [
      "a\n\nb\n",
      10,
      "SingleRecord",
      [
        ["a", 1, 1],
        ["b", 3, 3],
      ],
    ],
    "into as many whole lines as fit": [
      "aa\nbb\ncc\ndd\n",
      5,
      "MultiRecord",
      [
        ["aa\nbb", 1, 2],
        ["cc\ndd", 3, 4],
      ],
    ],
    "into one piece when all fits": ["a\nb\nc", 100, "MultiRecord", [["a\nb\nc", 1, 3]]],
    "into one piece without a limit": ["a\nb\nc\n", undefined, "MultiRecord", [["a\nb\nc", 1, 3]]],
    "into nothing when it is empty": ["", 10, "MultiRecord", []],
  };
  for (const [sentence, [text, payload, strategy, expected]] of Object.entries(cases)) {
    it(sentence, async () => {
      for (const pieces of await piecesOf(text, payload, strategy)) assert.deepEqual(pieces, expected);
    });
  }
  for (const strategy of ["SingleRecord", "MultiRecord"] as const) {
    it(`a line longer than a payload is refused by its number (${strategy})`, async () => {
      await assert.rejects(piecesOf("a\nbbbbbb\nc\n", 4, strategy), (cause) => {
        assert.ok(cause instanceof BadRecord);
        assert.match(cause.message, /^line 2 has more than the 4 bytes/);
        return true;
      });
    });
  }
});
