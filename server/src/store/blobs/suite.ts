// What every implementation of Blobs has to do.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Rows } from "../rows/rows.ts";
import { type Blob, BlobCorrupt, type Blobs } from "./blobs.ts";
import { startChecksumLike } from "./checksum.ts";

export interface BlobsUnderTest {
  readonly blobs: Blobs;
  readonly rows: Rows;
  /** Moves the clock that the collector looks at. */
  advance(milliseconds: number): void;
  close(): Promise<void>;
}

async function* pieces(...all: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all;
}

async function contents(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of source) all.push(piece);
  return Buffer.concat(all);
}

const MINUTE_MS = 60_000;

type It = (behaviour: string, run: () => Promise<void>) => void;

export function blobsSuite(title: string, open: () => Promise<BlobsUnderTest>): void {
  describe(title, () => define(open));
}

function define(open: () => Promise<BlobsUnderTest>): void {
  let store: BlobsUnderTest;
  let folder: string;
  before(async () => {
    store = await open();
    folder = await mkdtemp(join(tmpdir(), "sagebrush-blobs-test-"));
  });
  after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const it: It = (behaviour, run) => test(behaviour, run);
  const write = (...all: readonly Uint8Array[]) => store.blobs.write(pieces(...all));
  const read = async (blob: Blob, range?: { start: number; end: number }) =>
    contents(await store.blobs.read(blob, range));

  const sizes = [0, 1, 4096, 256 * 1024, 256 * 1024 + 1, 3 * 1024 * 1024 + 7];
  for (const size of sizes)
    it(`a blob of ${size} bytes is read as it was written`, async () => {
      const bytes = randomBytes(size);
      const blob = await write(...(size === 0 ? [] : [bytes.subarray(0, size >> 1), bytes.subarray(size >> 1)]));
      assert.equal(blob.sizeBytes, size);
      assert.deepEqual(await read(blob), bytes);
    });

  it("a small blob comes at once, whole or in part; one with a file does not", async () => {
    const small = await write(Buffer.from("0123456789"));
    assert.equal(String(await store.blobs.readSmall(small)), "0123456789");
    assert.equal(String(await store.blobs.readSmall(small, { start: 2, end: 4 })), "234");
    assert.equal(await store.blobs.readSmall(await write(randomBytes(100_000))), undefined);
  });

  it("the checksum is the CRC-32 of the bytes", async () => {
    // The check value of CRC-32 (ISO-HDLC) in Williams' catalogue of parametrised CRC algorithms.
    assert.equal((await write(Buffer.from("123456789"))).checksum, "crc32:cbf43926");
  });

  it("a blob of an older layout is checked by its CRC-32C", async () => {
    const bytes = Buffer.from("123456789".repeat(10_000));
    const blob = await write(bytes);
    const older = await startChecksumLike("e3069283");
    older.update(bytes);
    assert.deepEqual(await read({ ...blob, checksum: older.digest() }), bytes);
    // The check value of CRC-32C (ISCSI), of one repetition.
    await assert.rejects(read({ ...blob, checksum: "e3069283" }), BlobCorrupt);
  });

  const ranges: [start: number, end: number][] = [
    [0, 0],
    [10, 19],
    [299_999, 299_999],
    [299_990, 500_000],
    [0, 299_999],
  ];
  for (const [start, end] of ranges)
    it(`bytes ${start} to ${end} of 300000 are read`, async () => {
      const bytes = randomBytes(300_000);
      assert.deepEqual(await read(await write(bytes), { start, end }), bytes.subarray(start, end + 1));
    });

  it("ids are never the same, and many blobs can be written at once", async () => {
    const blobs = await Promise.all(Array.from({ length: 50 }, (_, index) => write(Buffer.from(`blob ${index}`))));
    assert.equal(new Set(blobs.map(({ id }) => id)).size, 50);
    for (const [index, blob] of blobs.entries()) assert.equal(String(await read(blob)), `blob ${index}`);
  });

  it("a source that fails makes the write fail with its error", async () => {
    async function* cut(): AsyncGenerator<Uint8Array> {
      yield randomBytes(400_000);
      throw new RangeError("the caller went away");
    }
    await assert.rejects(store.blobs.write(cut()), /the caller went away/);
  });

  it("a write that is aborted fails", async () => {
    const ended = new AbortController();
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let count = 0; ; count++) {
        if (count === 3) ended.abort(new Error("given up"));
        yield randomBytes(100_000);
      }
    }
    await assert.rejects(store.blobs.write(endless(), ended.signal), /given up/);
  });

  it("a copy holds the bytes and is a file of its own", async () => {
    const bytes = randomBytes(500_000);
    const blob = await write(bytes);
    const path = join(folder, "copy");
    await store.blobs.copyTo(blob, path);
    assert.deepEqual(await readFile(path), bytes);
    assert.equal((await stat(path)).nlink, 1);
    await writeFile(path, "changed");
    assert.deepEqual(await read(blob), bytes);
  });

  it("a copy never overwrites", async () => {
    const path = join(folder, "taken");
    await writeFile(path, "mine");
    await assert.rejects(store.blobs.copyTo(await write(Buffer.from("new")), path), /EEXIST/);
    assert.equal(await readFile(path, "utf8"), "mine");
  });

  lifeTests(it, () => store);
}

function lifeTests(it: It, of: () => BlobsUnderTest): void {
  const write = (text: string) => of().blobs.write(pieces(Buffer.from(text)));
  const text = async (blob: Blob) => String(await contents(await of().blobs.read(blob)));

  for (const size of [10, 100_000])
    it(`an owned blob of ${size} bytes outlives the collector, a disowned one goes after a minute`, async () => {
      const [kept, dropped] = [await write("k".repeat(size)), await write("d".repeat(size))];
      await of().rows.commit(of().blobs.owns(kept));
      await of().rows.commit(of().blobs.owns(dropped));
      await of().rows.commit(of().blobs.disowns(dropped.id));
      assert.equal(await of().blobs.collect(), 0);
      // Copies, as they come out of the rows that name them.
      assert.equal(await text({ ...dropped }), "d".repeat(size));
      of().advance(MINUTE_MS);
      assert.equal(await of().blobs.collect(), 1);
      assert.equal(await text({ ...kept }), "k".repeat(size));
      await assert.rejects(text({ ...dropped }), BlobCorrupt);
      assert.equal(await of().blobs.collect(), 0);
    });

  it("the collector waits for who reads", async () => {
    const bytes = randomBytes(2_000_000);
    const blob = await of().blobs.write(pieces(bytes));
    await of().rows.commit(of().blobs.owns(blob));
    const reading = await of().blobs.read(blob);
    await of().rows.commit(of().blobs.disowns(blob.id));
    of().advance(MINUTE_MS);
    assert.equal(await of().blobs.collect(), 0);
    assert.deepEqual(await contents(reading), bytes);
    assert.equal(await of().blobs.collect(), 1);
  });

  it("a held blob lies in a file, or comes with its bytes when it is small", async () => {
    const bytes = randomBytes(500_000);
    const large = await of().blobs.hold(await of().blobs.write(pieces(bytes)));
    const small = await of().blobs.hold(await write("small"));
    assert.deepEqual("path" in large && (await readFile(large.path)), bytes);
    assert.equal("bytes" in small && String(small.bytes), "small");
    for (const held of [large, small]) held.release();
  });

  it("the collector waits for who holds", async () => {
    const blob = await write("h".repeat(100_000));
    await of().rows.commit(of().blobs.owns(blob));
    const held = await of().blobs.hold(blob);
    await of().rows.commit(of().blobs.disowns(blob.id));
    of().advance(MINUTE_MS);
    assert.equal(await of().blobs.collect(), 0);
    held.release();
    assert.equal(await of().blobs.collect(), 1);
    await assert.rejects(of().blobs.hold(blob), BlobCorrupt);
  });

  for (const size of [10, 100_000])
    it(`a discarded blob of ${size} bytes is gone`, async () => {
      const blob = await write("u".repeat(size));
      await of().blobs.discard(blob);
      await assert.rejects(text(blob), BlobCorrupt);
    });
}
