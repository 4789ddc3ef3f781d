// Long bodies at rest: AES-256-GCM in frames, so that a range is read without what is before it. Every body has a key of its
// own (HKDF of another key, a random salt and what the body is), and every frame a nonce of its place and of whether it is the
// last: what is changed, cut, lengthened or moved is found. Hoang, Reyhanitabar, Rogaway, Vizár (2015), construction STREAM.
import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Of a frame as it is stored, its tag at the end; the last one may be shorter. A whole number of them is read at once. */
export const FRAME_BYTES = 64 * 1024;
/** What a frame holds. */
export const CONTENT_BYTES = FRAME_BYTES - TAG_BYTES;

export const SALT_BYTES = 32;

/** A frame is not what was sealed with this key at this place. */
export class BrokenSeal extends Error {
  override readonly name = "BrokenSeal";
}

/** The key of one body: another salt, or another binding, gives another. */
export const bodyKey = (key: Uint8Array, salt: Uint8Array, binding: string): Buffer =>
  Buffer.from(hkdfSync("sha256", key, salt, binding, KEY_BYTES));

const framesOf = (sizeBytes: number): number => Math.ceil(sizeBytes / CONTENT_BYTES);

/** Bytes that a body of that size takes when it is sealed. */
export const sealedSize = (sizeBytes: number): number => sizeBytes + framesOf(sizeBytes) * TAG_BYTES;

/** Place of the frame (four bytes from the fifth on), then 1 for the last. No frame of a key has the nonce of another. */
function nonceOf(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(index, 4);
  nonce[NONCE_BYTES - 1] = isLast ? 1 : 0;
  return nonce;
}

/** Nothing of a body without bytes. `key`: of this body alone, from `bodyKey`. */
export async function* sealFrames(key: Uint8Array, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let index = 0;
  for await (const chunk of source) {
    let rest = chunk;
    // A full frame waits for the next byte: only then it is known not to be the last.
    while (bytes + rest.length > CONTENT_BYTES) {
      const room = CONTENT_BYTES - bytes;
      pieces.push(rest.subarray(0, room));
      yield* sealed(key, nonceOf(index++, false), pieces);
      rest = rest.subarray(room);
      pieces = [];
      bytes = 0;
    }
    if (rest.length > 0) pieces.push(rest);
    bytes += rest.length;
  }
  if (bytes > 0) yield* sealed(key, nonceOf(index, true), pieces);
}

function* sealed(key: Uint8Array, nonce: Buffer, pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  for (const piece of pieces) yield cipher.update(piece);
  cipher.final();
  yield cipher.getAuthTag();
}

export interface SealedPlace {
  /** Of the body before it was sealed. */
  readonly sizeBytes: number;
  readonly index: number;
}

/** Bytes of the frame at a place, its tag included. */
export function frameSize({ sizeBytes, index }: SealedPlace): number {
  return Math.min(FRAME_BYTES, sealedSize(sizeBytes) - index * FRAME_BYTES);
}

/** What a frame holds. @throws BrokenSeal */
export function openFrame(key: Uint8Array, place: SealedPlace, frame: Uint8Array): Buffer {
  const isLast = place.index === framesOf(place.sizeBytes) - 1;
  const end = frame.length - TAG_BYTES;
  if (end < 0) throw new BrokenSeal("The body ends within a frame.");
  const decipher = createDecipheriv(ALGORITHM, key, nonceOf(place.index, isLast), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(frame.subarray(end));
  const content = decipher.update(frame.subarray(0, end));
  try {
    decipher.final();
  } catch (cause) {
    throw new BrokenSeal("The body is not what was written.", { cause });
  }
  return content;
}

export interface FrameRange {
  readonly sizeBytes: number;
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/** The stored bytes to be read for a range: whole frames. */
export function storedRange({ sizeBytes, start, end }: FrameRange): { readonly start: number; readonly end: number } {
  const first = Math.floor(start / CONTENT_BYTES);
  const last = Math.floor(end / CONTENT_BYTES);
  return { start: first * FRAME_BYTES, end: Math.min((last + 1) * FRAME_BYTES, sealedSize(sizeBytes)) - 1 };
}

/** A range of a body from its `storedRange`. Bytes come only from frames that have been found whole. @throws BrokenSeal */
export async function* openFrames(
  key: Uint8Array,
  range: FrameRange,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const { sizeBytes, start, end } = range;
  let index = Math.floor(start / CONTENT_BYTES);
  const last = Math.floor(end / CONTENT_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk]);
    while (index <= last && rest.length >= frameSize({ sizeBytes, index })) {
      const size = frameSize({ sizeBytes, index });
      const content = openFrame(key, { sizeBytes, index }, rest.subarray(0, size));
      rest = rest.subarray(size);
      const offset = index++ * CONTENT_BYTES;
      yield content.subarray(Math.max(0, start - offset), end + 1 - offset);
    }
    // The source may put the next chunk where this one was.
    if (rest.length > 0) rest = Buffer.from(rest);
  }
  if (index <= last) throw new BrokenSeal("The body is shorter than what was written.");
}
