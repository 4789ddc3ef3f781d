// Writing a blob: beside, synced, renamed, its folder synced. What fails half-way leaves nothing.
import { type FileHandle, open, rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { IHasher } from "hash-wasm";
import { newId } from "../../../core/ids.ts";
import { Batches } from "../../batches.ts";
import { makeFolder, syncFolder } from "../../durable.ts";
import { type Blob, NoSpace } from "../blobs.ts";
import type { Checksums } from "../checksum.ts";
import { newBlobId, type Places } from "./places.ts";

export interface Writing {
  readonly places: Places;
  readonly checksums: Checksums;
  readonly reserveBytes: number;
  readonly now: () => number;
  /** Hears of each id before a file of that name exists. */
  readonly starts: (id: string) => void;
}

/** Free space is looked at again after this many bytes. */
const CHECK_SPACE_BYTES = 64 * 1024 * 1024;
/** Small pieces are gathered up to this size before they are written. */
const GATHER_BYTES = 256 * 1024;

export function createWriter({ places, checksums, reserveBytes, now, starts }: Writing) {
  const folders = new Folders();
  const roomBytes = async () => {
    const { bavail, bsize } = await statfs(places.root);
    return bavail * bsize - reserveBytes;
  };
  const demandRoom = async () => {
    const room = await roomBytes();
    if (room < 0) throw noSpace(`${places.root} is ${-room} bytes below its reserve of ${reserveBytes} bytes`);
  };

  async function write(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Blob> {
    signal?.throwIfAborted();
    await demandRoom();
    const beside = join(places.incoming, newId());
    const hasher = await checksums.lend();
    try {
      const file = await open(beside, "wx", 0o600);
      let sizeBytes: number;
      try {
        sizeBytes = await pour(source, { file, hasher, demandRoom, signal });
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
      return { id, sizeBytes, checksum: hasher.digest() };
    } catch (error) {
      await rm(beside, { force: true });
      throw isDiskFull(error) ? noSpace(`${places.root} is full`, error) : error;
    } finally {
      checksums.takeBack(hasher);
    }
  }
  return { write, roomBytes };
}

const noSpace = (what: string, cause?: unknown) =>
  new NoSpace(`No room for new data: ${what}. Delete objects or make the disk larger.`, { cause });

const isDiskFull = (error: unknown) =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");

interface Pouring {
  readonly file: FileHandle;
  readonly hasher: IHasher;
  readonly demandRoom: () => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** Takes the next piece only when the one before is written. Resolves to the number of bytes. */
async function pour(source: AsyncIterable<Uint8Array>, { file, hasher, demandRoom, signal }: Pouring): Promise<number> {
  let sizeBytes = 0;
  let checkAt = CHECK_SPACE_BYTES;
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  const flush = async () => {
    const pieces = gathered;
    gathered = [];
    gatheredBytes = 0;
    await writeAll(file, pieces);
  };
  for await (const piece of source) {
    signal?.throwIfAborted();
    hasher.update(piece);
    sizeBytes += piece.length;
    gatheredBytes += piece.length;
    gathered.push(piece);
    if (gatheredBytes >= GATHER_BYTES) await flush();
    if (sizeBytes < checkAt) continue;
    checkAt = sizeBytes + CHECK_SPACE_BYTES;
    await demandRoom();
  }
  if (gathered.length > 0) await flush();
  return sizeBytes;
}

/** A single write may take less than it was given. */
async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const [only] = pieces;
  let rest = pieces.length === 1 && only ? only : Buffer.concat(pieces);
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
