// The frames in which an engine sends what a program wrote, in whatever pieces they come.
import { equal } from "node:assert/strict";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import test from "node:test";
import { withoutFrames } from "./output.ts";

const frame = (stream: 1 | 2, words: string): Buffer => {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(words.length, 4);
  return Buffer.concat([header, Buffer.from(words)]);
};
const sent = Buffer.concat([frame(1, "one\n"), frame(2, ""), frame(2, "two\n"), frame(1, "x".repeat(300))]);

for (const pieceBytes of [1, 3, 8, 11, 1000])
  test(`frames in pieces of ${pieceBytes} bytes become what was written`, async () => {
    const pieces = Array.from({ length: Math.ceil(sent.length / pieceBytes) }, (_, index) =>
      sent.subarray(index * pieceBytes, (index + 1) * pieceBytes),
    );
    equal(await text(Readable.from(pieces).pipe(withoutFrames())), `one\ntwo\n${"x".repeat(300)}`);
  });
