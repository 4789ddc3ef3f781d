// Bytes of an object as the store has them, read by this thread, checked, and unpacked where they are gzip.
import { closeSync, openSync, readSync } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { BrokenSeal, openFrames } from "../../../../core/sealed-frames.ts";
import { startChecksumLike } from "../../../../store/blobs/checksum.ts";
import { FeedFailure, type Held } from "./door.ts";
import type { SentFile } from "./protocol.ts";

/** Small enough to stay in a processor's cache on its way from the disk's to the pipe; whole frames of a sealed file. */
const CHUNK_BYTES = 256 * 1024;

/** Bytes of an object that is gzip, of one member or several. @throws FeedFailure */
export async function* unpacked(held: Held): AsyncGenerator<Uint8Array> {
  if (held.sizeBytes === 0) return; // nothing, however packed
  const packed = Readable.from(copied(bytesOf(held)), { objectMode: false });
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  packed.on("error", (cause) => gunzip.destroy(cause));
  try {
    yield* packed.pipe(gunzip) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (!String((cause as NodeJS.ErrnoException).code).startsWith("Z_")) throw cause;
    throw new FeedFailure(
      `${held.uri} is no gzip data, as CompressionType Gzip says it is: ${(cause as Error).message}.`,
      { cause },
    );
  } finally {
    packed.destroy();
    gunzip.destroy();
  }
}

async function* copied(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) yield Buffer.from(chunk);
}

/** Each chunk is good until the next one is asked for. @throws FeedFailure */
export async function* bytesOf(held: Held): AsyncGenerator<Uint8Array> {
  for (const piece of held.pieces)
    if ("base64" in piece) yield Buffer.from(piece.base64, "base64");
    else if (piece.sealed === undefined) yield* fileBytes(piece, held.uri);
    else yield* opened(piece.sealed, fileBytes(piece, held.uri), held.uri);
}

/**
 * A file's bytes, each chunk in the place of the one before; the last is held back until the checksum is known to be
 * right. The thread reads by itself: with 20 busy processes beside it, each turn of a thread pool costs milliseconds.
 */
async function* fileBytes({ path, sizeBytes, checksum }: SentFile, uri: string): AsyncGenerator<Uint8Array> {
  const running = await startChecksumLike(checksum);
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, sizeBytes));
  const file = openExisting(path, uri);
  try {
    for (let position = 0; position < sizeBytes; ) {
      const count = readSync(file, buffer, 0, buffer.length, position);
      if (count === 0) throw damaged(uri);
      const chunk = buffer.subarray(0, count);
      position += count;
      running.update(chunk);
      if (position >= sizeBytes && running.digest() !== checksum) throw damaged(uri);
      yield chunk;
    }
  } finally {
    closeSync(file);
  }
}

async function* opened(
  { key, sizeBytes }: NonNullable<SentFile["sealed"]>,
  stored: AsyncIterable<Uint8Array>,
  uri: string,
): AsyncGenerator<Uint8Array> {
  try {
    yield* openFrames(Buffer.from(key, "base64"), { sizeBytes, start: 0, end: sizeBytes - 1 }, stored);
  } catch (cause) {
    throw cause instanceof BrokenSeal ? damaged(uri) : cause;
  }
}

function openExisting(path: string, uri: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new FeedFailure(`${uri} was deleted while the job read it.`, { cause });
  }
}

const damaged = (uri: string) =>
  new FeedFailure(
    `${uri} cannot be read: its file has been damaged on disk. Put the object again, or restore a backup.`,
    {
      isOurs: true,
    },
  );
