// The bytes of one epoch of an input, in order: objects one after another, or attributes of lines; unpacked, and made
// records, as the input wants it.
import { closeSync, openSync, readSync } from "node:fs";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import { startChecksumLike } from "../../../../store/blobs/checksum.ts";
import { BadLine, Lines, valuesOf } from "./augmented.ts";
import { deal } from "./deal.ts";
import { type AskedObject, type Door, FeedFailure, type Held } from "./door.ts";
import { type PlannedInput, readList } from "./plan.ts";
import type { SentPiece } from "./protocol.ts";
import { asRecord } from "./record-io.ts";

/** Small enough to stay in a processor's cache on its way from the disk's to the pipe. */
const CHUNK_BYTES = 256 * 1024;

/** Objects asked for before they are needed. */
const ASKED_AHEAD = 64;

/** Lines looked at before others get a turn. */
const LINES_AT_ONCE = 10_000;

/** What is streamed of an input, whichever epoch. */
export interface Streamed {
  readonly count: number;
  /** What one entry of the listing, or one line, stands for. */
  at(index: number): readonly StreamedItem[];
}

type StreamedItem = { readonly object: AskedObject } | { readonly text: string };

/** @throws FeedFailure for a manifest with a line that is wrong */
export async function streamedOf(input: PlannedInput, folder: string, door: Door): Promise<Streamed> {
  const { content } = input;
  if ("list" in content) {
    const objects = await readList(`${folder}/${content.list}`);
    return { count: objects.length, at: (index) => objects.slice(index, index + 1).map((object) => ({ object })) };
  }
  const { manifest, attributes } = content;
  const held = await door.hold(manifest);
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of bytesOf(held)) chunks.push(Buffer.from(chunk));
  } finally {
    held.release();
  }
  const lines = new Lines(Buffer.concat(chunks));
  const at = (index: number) => {
    try {
      return valuesOf(lines.at(index), attributes);
    } catch (cause) {
      if (!(cause instanceof BadLine)) throw cause;
      throw new FeedFailure(`The manifest ${held.uri}, line ${lines.number(index)}, ${cause.message}.`, { cause });
    }
  };
  // A line that is wrong is told before anything is trained on those before it.
  for (let index = 0; index < lines.count; index++) {
    at(index);
    if (index % LINES_AT_ONCE === 0) await setImmediate();
  }
  return { count: lines.count, at };
}

/** Each piece is good until the next one is asked for. @throws FeedFailure */
export async function* piecesOf(
  input: PlannedInput,
  streamed: Streamed,
  epoch: number,
  door: Door,
): AsyncGenerator<Uint8Array> {
  const isManifest = "manifest" in input.content;
  const queue: Promise<Held | string>[] = [];
  const items = itemsOf(streamed, deal(streamed.count, epoch, input.dealing));
  try {
    for (;;) {
      while (queue.length < ASKED_AHEAD) {
        const next = items.next();
        if (next.done) break;
        queue.push(begun(next.value, door));
      }
      const first = queue.shift();
      if (!first) return;
      yield* bytesOfItem(await first, input, !isManifest);
    }
  } finally {
    for (const asked of queue)
      asked.then(
        (held) => typeof held === "string" || held.release(),
        () => undefined,
      );
  }
}

function* itemsOf(streamed: Streamed, order: Uint32Array): Generator<StreamedItem> {
  for (const index of order) yield* streamed.at(index);
}

function begun(item: StreamedItem, door: Door): Promise<Held | string> {
  const asked = "text" in item ? Promise.resolve(item.text) : door.hold(item.object);
  asked.catch(() => undefined); // told when its turn comes, if it does
  return asked;
}

async function* bytesOfItem(
  item: Held | string,
  { isGzip, isRecordIo }: PlannedInput,
  unlessRecordIo: boolean,
): AsyncGenerator<Uint8Array> {
  if (typeof item === "string") {
    const bytes = Buffer.from(item);
    yield* isRecordIo ? asRecord(once(bytes), { sizeBytes: bytes.length }) : once(bytes);
    return;
  }
  const content = () => (isGzip ? unpacked(item) : bytesOf(item));
  try {
    if (!isRecordIo) yield* content();
    else
      yield* asRecord(content(), { sizeBytes: isGzip ? await sizeOf(unpacked(item)) : item.sizeBytes, unlessRecordIo });
  } finally {
    item.release();
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

async function sizeOf(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let sizeBytes = 0;
  for await (const chunk of bytes) sizeBytes += chunk.length;
  return sizeBytes;
}

async function* unpacked(held: Held): AsyncGenerator<Uint8Array> {
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

async function* bytesOf(held: Held): AsyncGenerator<Uint8Array> {
  for (const piece of held.pieces)
    if ("base64" in piece) yield Buffer.from(piece.base64, "base64");
    else yield* fileBytes(piece, held.uri);
}

/**
 * A file's bytes, each chunk in the place of the one before; the last is held back until the checksum is known to be
 * right. The thread reads by itself: with 20 busy processes beside it, each turn of a thread pool costs milliseconds.
 */
async function* fileBytes(
  { path, sizeBytes, checksum }: Extract<SentPiece, { path: string }>,
  uri: string,
): AsyncGenerator<Uint8Array> {
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
