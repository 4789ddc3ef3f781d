import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asRecord, partsOfRecord, startsRecordIo, type Wrapping } from "./record-io.ts";

async function* pieces(...all: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const piece of all) yield Buffer.from(piece, "latin1");
}

async function wrapped(all: readonly string[], more: Partial<Wrapping> = {}): Promise<string> {
  const sizeBytes = all.join("").length;
  const chunks: Uint8Array[] = [];
  for await (const chunk of asRecord(pieces(...all), { sizeBytes, ...more })) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("latin1");
}

const MAGIC = "\x0a\x23\xd7\xce";

describe("bytes as a record", () => {
  const cases: Record<string, [pieces: string[], more: Partial<Wrapping>, record: string]> = {
    "of a multiple of four": [["abcd"], {}, `${MAGIC}\x04\0\0\0abcd`],
    "with padding that its length does not count": [["ab", "cde"], {}, `${MAGIC}\x05\0\0\0abcde\0\0\0`],
    "of nothing": [[], {}, `${MAGIC}\0\0\0\0`],
    "in a first and a last part when it is too long for one": [
      ["abcdef"],
      { longestBytes: 4 },
      `${MAGIC}\x04\0\0\x20abcd${MAGIC}\x02\0\0\x60ef\0\0`,
    ],
    "with middle parts, wherever pieces end": [
      ["a", "bcdefg", "hijkl"],
      { longestBytes: 4 },
      `${MAGIC}\x04\0\0\x20abcd${MAGIC}\x04\0\0\x40efgh${MAGIC}\x04\0\0\x60ijkl`,
    ],
    "that already are one, wrapped all the same": [[`${MAGIC}\0\0\0\0`], {}, `${MAGIC}\x08\0\0\0${MAGIC}\0\0\0\0`],
    "that already are one, left as they are": [
      [`${MAGIC}\x04\0`, "\0\0abcd"],
      { unlessRecordIo: true },
      `${MAGIC}\x04\0\0\0abcd`,
    ],
    "that only begin with the magic": [
      [`${MAGIC}\xff\0\0\0abcd`],
      { unlessRecordIo: true },
      `${MAGIC}\x0c\0\0\0${MAGIC}\xff\0\0\0abcd`,
    ],
  };
  for (const [sentence, [all, more, record]] of Object.entries(cases))
    it(sentence, async () => assert.equal(await wrapped(all, more), record));

  it("are as many as was said", async () => {
    await assert.rejects(wrapped(["abc"], { sizeBytes: 4 }), /Fewer bytes/);
    await assert.rejects(wrapped(["abc"], { sizeBytes: 2 }), /More bytes/);
  });
});

it("a record of more than a frame can say has parts that need no padding", () => {
  const parts = partsOfRecord(2 ** 30 + 5);
  assert.deepEqual(
    parts.map(({ header, sizeBytes, padding }) => [header.readUInt32LE(4) >>> 29, sizeBytes, padding.length]),
    [
      [1, 2 ** 29 - 4, 0],
      [2, 2 ** 29 - 4, 0],
      [3, 13, 3],
    ],
  );
});

it("fewer than eight bytes are no RecordIO", () =>
  assert.equal(startsRecordIo(Buffer.from(MAGIC, "latin1"), 4), false));
