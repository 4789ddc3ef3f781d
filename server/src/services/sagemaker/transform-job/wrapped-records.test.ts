import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BadRecord } from "./records.ts";
import { type Wrapper, wrappedPieces } from "./wrapped-records.ts";

function recordIo(text: string, part = 0): Buffer {
  const head = Buffer.from([0x0a, 0x23, 0xd7, 0xce, 0, 0, 0, 0]);
  head.writeUInt32LE(part * 2 ** 29 + text.length, 4);
  return Buffer.concat([head, Buffer.from(text), Buffer.alloc(-text.length & 3)]);
}

function tfRecord(text: string): Buffer {
  const head = Buffer.alloc(12, 0xcc);
  head.writeBigUInt64LE(BigInt(text.length), 0);
  return Buffer.concat([head, Buffer.from(text), Buffer.alloc(4, 0xcc)]);
}

const abc = ["a", "bbbbb", "cc"];
const limits = { payloadBytes: 38, strategy: "MultiRecord" } as const;
const alone = { payloadBytes: undefined, strategy: "SingleRecord" } as const;

/** Chunks of every size must give the same pieces. */
async function piecesOf(file: Buffer, wrapper: Wrapper, parameters: Parameters<typeof wrappedPieces>[2]) {
  const results = [];
  for (const size of [1, 7, 1000]) {
    const chunks = async function* () {
      for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size);
    };
    const pieces = [];
    for await (const { body, first, last } of wrappedPieces(chunks(), wrapper, parameters))
      pieces.push([body.toString("latin1"), first, last]);
    results.push(pieces);
  }
  assert.deepEqual(results[0], results[1]);
  assert.deepEqual(results[0], results[2]);
  return results[0];
}

describe("a file of wrapped records is cut", () => {
  for (const [wrapper, wrap] of Object.entries({ RecordIO: recordIo, TFRecord: tfRecord }) as [
    Wrapper,
    (text: string) => Buffer,
  ][]) {
    const wrapped = abc.map((text) => wrap(text));
    const file = Buffer.concat(wrapped);
    it(`into bare payloads, one each: ${wrapper}`, async () =>
      assert.deepEqual(await piecesOf(file, wrapper, alone), [
        ["a", 1, 1],
        ["bbbbb", 2, 2],
        ["cc", 3, 3],
      ]));
    it(`into as many whole records as fit, as they are: ${wrapper}`, async () =>
      assert.deepEqual(await piecesOf(file, wrapper, limits), [
        [Buffer.concat(wrapped.slice(0, 2)).toString("latin1"), 1, 2],
        [wrapped[2]?.toString("latin1"), 3, 3],
      ]));
  }
  it("into one piece without a limit", async () => {
    const file = Buffer.concat(abc.map((text) => recordIo(text)));
    const parameters = { payloadBytes: undefined, strategy: "MultiRecord" } as const;
    assert.deepEqual(await piecesOf(file, "RecordIO", parameters), [[file.toString("latin1"), 1, 3]]);
  });
  it("into nothing when it is empty", async () =>
    assert.deepEqual(await piecesOf(Buffer.alloc(0), "RecordIO", limits), []));
  it("with the parts of a split record together", async () => {
    const split = Buffer.concat([recordIo("aaaa", 1), recordIo("bbbb", 2), recordIo("c", 3)]);
    const file = Buffer.concat([split, recordIo("d")]);
    const magic = "\n#×Î";
    assert.deepEqual(await piecesOf(file, "RecordIO", alone), [
      [`aaaa${magic}bbbb${magic}c`, 1, 1],
      ["d", 2, 2],
    ]);
    assert.deepEqual(await piecesOf(file, "RecordIO", limits), [
      [split.toString("latin1"), 1, 1],
      [recordIo("d").toString("latin1"), 2, 2],
    ]);
  });
});

describe("a file that holds no such records is refused", () => {
  const two = Buffer.concat([recordIo("a"), recordIo("b")]);
  const cases: Record<string, [Buffer, number | undefined, RegExp]> = {
    "by its magic number": [Buffer.from("1,2,3,4\n"), undefined, /^record 1: expected RecordIO's magic.*got 312c322c/],
    "by the number of what is broken": [Buffer.concat([two, Buffer.alloc(8)]), undefined, /^record 3: expected/],
    "when it ends in a record": [two.subarray(0, 20), undefined, /^record 2: the file ends inside it/],
    "when it ends in a head": [two.subarray(0, 14), undefined, /^record 2: the file ends inside it/],
    "when a record is longer than a payload": [two, 10, /^record 1 has more than the 10 bytes/],
    "before a record that says it is endless is read": [
      recordIo("a".repeat(100)),
      50,
      /^record 1 has more than the 50 bytes/,
    ],
  };
  for (const [sentence, [file, payloadBytes, message]] of Object.entries(cases))
    for (const strategy of ["SingleRecord", "MultiRecord"] as const)
      it(`${sentence} (${strategy})`, async () => {
        await assert.rejects(piecesOf(file, "RecordIO", { payloadBytes, strategy }), (cause) => {
          assert.ok(cause instanceof BadRecord);
          assert.match(cause.message, message);
          return true;
        });
      });
});
