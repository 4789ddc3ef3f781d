// Writing a blob: beside, synced, renamed, its folder synced. What fails half-way leaves nothing. The bytes of a small
// blob wait in memory and become part of the row that makes it lasting: one sync instead of three.
import { type FileHandle, open, rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "../../../core/ids.ts";
import { Batches } from "../../batches.ts";
import { makeFolder, syncFolder } from "../../durable.ts";
import { type Blob, NoSpace } from "../blobs.ts";
import { type RunningChecksum, startChecksum } from "../checksum.ts";
import { newBlobId, newInlineId, type Places } from "./places.ts";

export interface Writing {
  readonly places: Places;
  readonly reserveBytes: number;
  readonly now: () => number;
  /** Hears of each id before a file of that name exists. */
  readonly starts: (id: string) => void;
  /** Takes the bytes of small blobs until they are committed. */
  readonly small: WeakMap<Blob, Buffer>;
}

/** Blobs up to this size are kept in their row: SQLite writes and reads them faster than files (sqlite.org/fasterthanfs). */
const INLINE_BYTES = 16 * 1024;

/** Free space is looked at again after this many bytes. */
const CHECK_SPACE_BYTES = 64 * 1024 * 1024;
/** Small pieces are gathered up to this size before they are written. */
const GATHER_BYTES = 256 * 1024;

export function createWriter({ places, reserveBytes, now, starts, small }: Writing) {
  const folders = new Folders();
  let writtenSinceCheck = Number.POSITIVE_INFINITY;
  const roomBytes = async () => {
    const { bavail, bsize } = await statfs(places.root);
    return bavail * bsize - reserveBytes;
  };
  const demandRoom = async (forBytes: number) => {
    writtenSinceCheck += forBytes;
    if (writtenSinceCheck < CHECK_SPACE_BYTES) return;
    const room = await roomBytes();
    if (room < 0) throw noSpace(`${places.root} is ${-room} bytes below its reserve of ${reserveBytes} bytes`);
    writtenSinceCheck = 0;
  };

  async function writeFile(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Blob> {
    const running = startChecksum();
    const beside = join(places.incoming, newId());
    try {
      const file = await open(beside, "wx", 0o600);
      let sizeBytes: number;
      try {
        sizeBytes = await pour(source, { file, running, demandRoom, signal });
        await file.datasync();
      } finally {
        await file.close();
      }
      signal?.throwIfAborted();
      const id = newBlobId(now());
      starts(id);
      await folders.make(places.folder(id));
      await rename(beside, places.file(id));
      await folders.sync(places.folder(id));
      return { id, sizeBytes, checksum: running.digest() };
    } catch (error) {
      await rm(beside, { force: true });
      throw isDiskFull(error) ? noSpace(`${places.root} is full`, error) : error;
    }
  }

  async function write(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Blob> {
    signal?.throwIfAborted();
    const pieces = source[Symbol.asyncIterator]();
    try {
      await demandRoom(0);
      const head = await takeHead(pieces, signal);
      if (!head.isAll) return await writeFile(resume(head.bytes, pieces), signal);
      const running = startChecksum();
      running.update(head.bytes);
      const blob: Blob = { id: newInlineId(now()), sizeBytes: head.bytes.length, checksum: running.digest() };
      await demandRoom(head.bytes.length);
      small.set(blob, head.bytes);
      return blob;
    } catch (error) {
      await pieces.return?.();
      throw error;
    }
  }
  return { write, roomBytes };
}

/** The first bytes of a source, more than INLINE_BYTES unless it has no more. */
async function takeHead(
  pieces: AsyncIterator<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<{ readonly bytes: Buffer; readonly isAll: boolean }> {
  const taken: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const next = await pieces.next();
    signal?.throwIfAborted();
    if (next.done) return { bytes: Buffer.concat(taken), isAll: true };
    taken.push(next.value);
    bytes += next.value.length;
    if (bytes > INLINE_BYTES) return { bytes: Buffer.concat(taken), isAll: false };
  }
}

async function* resume(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

const noSpace = (what: string, cause?: unknown) =>
  new NoSpace(`No room for new data: ${what}. Delete objects or make the disk larger.`, { cause });

const isDiskFull = (error: unknown) =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");

interface Pouring {
  readonly file: FileHandle;
  readonly running: RunningChecksum;
  readonly demandRoom: (forBytes: number) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** Takes the next pieces while those before are written, two lots at most. Resolves to the number of bytes. */
async function pour(
  source: AsyncIterable<Uint8Array>,
  { file, running, demandRoom, signal }: Pouring,
): Promise<number> {
  let sizeBytes = 0;
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  let writing = Promise.resolve();
  const flush = async () => {
    const pieces = gathered;
    gathered = [];
    gatheredBytes = 0;
    await writing;
    writing = writeAll(file, pieces);
    // Whoever waits for it next is told why it failed.
    writing.catch(() => undefined);
  };
  try {
    for await (const piece of source) {
      signal?.throwIfAborted();
      running.update(piece);
      sizeBytes += piece.length;
      gatheredBytes += piece.length;
      gathered.push(piece);
      if (gatheredBytes >= GATHER_BYTES) await flush();
      await demandRoom(piece.length);
    }
    if (gathered.length > 0) await flush();
    await writing;
    return sizeBytes;
  } finally {
    // Nobody closes the file under it.
    await writing.catch(() => undefined);
  }
}

/** Writes without joining the pieces; a single write may take less than it was given. */
async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const { bytesWritten } = await file.writev(pieces as Uint8Array[]);
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (bytesWritten === total) return;
  let rest = Buffer.concat(pieces).subarray(bytesWritten);
  while (rest.length > 0) rest = rest.subarray((await file.write(rest)).bytesWritten);
}

/** Makes and syncs folders; those who wait for the same folder at once share one sync. */
class Folders {
  #made = "";
  readonly #syncs = new Batches<string, void>(Number.POSITIVE_INFINITY, async (paths) => {
    await Promise.all([...new Set(paths)].map(syncFolder));
    return [];
  });

  sync(path: string): Promise<void> {
    return this.#syncs.submit(path);
  }

  async make(path: string): Promise<void> {
    if (path === this.#made) return;
    await makeFolder(path);
    this.#made = path;
  }
}
