import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LONGEST_MESSAGE_BYTES, splitLines } from "./logs.ts";

describe("lines of output", () => {
  const cases: Record<string, [bytes: Buffer, last: boolean, lines: readonly string[], taken: number]> = {
    "a line without its end waits": [Buffer.from("one\ntw"), false, ["one"], 4],
    "unless the unit has ended": [Buffer.from("one\ntw"), true, ["one", "tw"], 6],
    "a carriage return before the end is dropped": [Buffer.from("one\r\n"), false, ["one"], 5],
    "bytes that are no UTF-8 are replaced": [Buffer.from([0x61, 0xff, 0x0a]), false, ["a\ufffd"], 3],
    "nothing is nothing": [Buffer.alloc(0), true, [], 0],
  };
  for (const [sentence, [bytes, last, lines, taken]] of Object.entries(cases)) {
    it(sentence, () => assert.deepEqual(splitLines(bytes, last), { lines, bytes: taken }));
  }

  it("a line too long for a message is cut at a character, and no byte is lost", () => {
    const text = `${"a".repeat(LONGEST_MESSAGE_BYTES - 1)}é${"b".repeat(10)}\nnext\n`;
    const bytes = Buffer.from(text);
    const { lines, bytes: taken } = splitLines(bytes, false);
    assert.equal(taken, bytes.length);
    assert.deepEqual(
      lines.map(({ length }) => length),
      [LONGEST_MESSAGE_BYTES - 1, 11, 4],
    );
    assert.equal(`${lines[0]}${lines[1]}\n${lines[2]}\n`, text);
  });
});
