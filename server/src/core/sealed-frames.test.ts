import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import {
  BrokenSeal,
  bodyKey,
  CONTENT_BYTES,
  FRAME_BYTES,
  openFrames,
  sealedSize,
  sealFrames,
  storedRange,
} from "./sealed-frames.ts";

const key = bodyKey(randomBytes(32), randomBytes(32), "bucket/key");

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const joined = async (source: AsyncIterable<Uint8Array>): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(source));

const seal = (bytes: Uint8Array, pieceBytes = 10_000) => joined(sealFrames(key, inPieces(bytes, pieceBytes)));

function open(stored: Buffer, sizeBytes: number, start = 0, end = sizeBytes - 1, of = key): Promise<Buffer> {
  const range = { sizeBytes, start, end };
  const { start: from, end: to } = storedRange(range);
  return joined(openFrames(of, range, inPieces(stored.subarray(from, to + 1), 100_000)));
}

const sizes = [1, 16, CONTENT_BYTES - 1, CONTENT_BYTES, CONTENT_BYTES + 1, 2 * CONTENT_BYTES, 300_000];

for (const size of sizes)
  test(`${size} bytes come back, however they came, and take as many as told`, async () => {
    const bytes = randomBytes(size);
    for (const pieceBytes of [7, CONTENT_BYTES, size]) {
      const stored = await seal(bytes, pieceBytes);
      assert.equal(stored.length, sealedSize(size));
      assert.deepEqual(await open(stored, size), bytes);
    }
  });

test("any range comes back", async () => {
  const bytes = randomBytes(3 * CONTENT_BYTES + 5);
  const stored = await seal(bytes);
  const places = [0, 1, CONTENT_BYTES - 1, CONTENT_BYTES, CONTENT_BYTES + 1, 3 * CONTENT_BYTES, bytes.length - 1];
  for (const start of places)
    for (const end of places.filter((place) => place >= start))
      assert.deepEqual(await open(stored, bytes.length, start, end), bytes.subarray(start, end + 1));
});

test("no bytes are sealed as none", async () => assert.equal((await seal(Buffer.alloc(0))).length, 0));

const size = 2 * CONTENT_BYTES + 100;
const damage: Record<string, (stored: Buffer) => { readonly stored: Buffer; readonly size?: number }> = {
  "a bit is flipped": (stored) => {
    stored.writeUInt8(stored.readUInt8(FRAME_BYTES + 9) ^ 4, FRAME_BYTES + 9);
    return { stored };
  },
  "a tag is changed": (stored) => {
    stored.writeUInt8(stored.readUInt8(stored.length - 1) ^ 1, stored.length - 1);
    return { stored };
  },
  "frames change places": (stored) => ({
    stored: Buffer.concat([
      stored.subarray(FRAME_BYTES, 2 * FRAME_BYTES),
      stored.subarray(0, FRAME_BYTES),
      stored.subarray(2 * FRAME_BYTES),
    ]),
  }),
  "its end is cut off": (stored) => ({ stored: stored.subarray(0, -1) }),
  "its last frame is cut off, and the size with it": (stored) => ({
    stored: stored.subarray(0, 2 * FRAME_BYTES),
    size: 2 * CONTENT_BYTES,
  }),
  "a frame is left out": (stored) => ({
    stored: Buffer.concat([stored.subarray(0, FRAME_BYTES), stored.subarray(2 * FRAME_BYTES)]),
    size: CONTENT_BYTES + 100,
  }),
};

for (const [what, change] of Object.entries(damage))
  test(`a body is refused when ${what}`, async () => {
    const changed = change(await seal(randomBytes(size)));
    await assert.rejects(open(changed.stored, changed.size ?? size), BrokenSeal);
  });

test("the key of another salt or binding does not open it", async () => {
  const [from, salt] = [randomBytes(32), randomBytes(32)];
  const stored = await joined(sealFrames(bodyKey(from, salt, "a"), inPieces(Buffer.from("text"), 4)));
  assert.equal(String(await open(stored, 4, 0, 3, bodyKey(from, salt, "a"))), "text");
  for (const other of [bodyKey(from, salt, "b"), bodyKey(from, randomBytes(32), "a"), bodyKey(salt, salt, "a")])
    await assert.rejects(open(stored, 4, 0, 3, other), BrokenSeal);
});
