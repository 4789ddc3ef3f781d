// Layers of images as streams: out of whichever compression they are in, and hashed on the way.
import type { Hash } from "node:crypto";
import { PassThrough, type Readable, Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";

const gzipMagic = [0x1f, 0x8b];
const zstdMagic = [0x28, 0xb5, 0x2f, 0xfd];

/** Large pieces: each goes through a thread and several hands. */
const PIECE_BYTES = 2 ** 20;

/** Passes everything on, and adds it to the hash. */
export const hashed = (hash: Hash): Transform =>
  new Transform({
    highWaterMark: PIECE_BYTES,
    transform(piece: Buffer, _encoding, done) {
      hash.update(piece);
      done(null, piece);
    },
  });

/** What is told by the first bytes, not by a media type, which anyone may write. */
export async function decompressor(input: Readable): Promise<Transform> {
  const first = await firstPiece(input);
  const starts = (magic: readonly number[]) => magic.every((byte, index) => first[index] === byte);
  if (starts(gzipMagic)) return createGunzip({ chunkSize: PIECE_BYTES });
  if (starts(zstdMagic)) return createZstdDecompress({ chunkSize: PIECE_BYTES });
  return new PassThrough();
}

/** Puts back what it has looked at. */
async function firstPiece(input: Readable): Promise<Buffer> {
  for (;;) {
    const piece = input.read() as Buffer | null;
    if (piece !== null) {
      input.unshift(piece);
      if (piece.length >= zstdMagic.length || input.readableEnded) return piece;
    }
    if (input.readableEnded) return Buffer.alloc(0);
    const more = await new Promise<boolean>((resolve, reject) => {
      input.once("readable", () => resolve(true));
      input.once("end", () => resolve(false));
      input.once("error", reject);
    });
    if (!more) return Buffer.alloc(0);
  }
}
