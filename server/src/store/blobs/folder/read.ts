// Reading a blob: from its file, checked, under a lease.
import { constants, createWriteStream } from "node:fs";
import { copyFile, type FileHandle, open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Blob, BlobCorrupt, type HeldBlob } from "../blobs.ts";
import { type RunningChecksum, startChecksumLike } from "../checksum.ts";
import type { Leases } from "./leases.ts";
import { isInlineId, type Places } from "./places.ts";

export interface Reading {
  /** The bytes of a blob kept in its row, or not yet committed. */
  readonly inline: (blob: Blob) => Promise<Buffer | undefined>;
  readonly places: Places;
  readonly leases: Leases;
}

export interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

const PIECE_BYTES = 256 * 1024;

export function createReader({ places, leases, inline }: Reading) {
  async function read(blob: Blob, range?: ByteRange, name?: string): Promise<Readable> {
    const start = range?.start ?? 0;
    const end = Math.min(range?.end ?? blob.sizeBytes - 1, blob.sizeBytes - 1);
    const isWhole = start === 0 && end === blob.sizeBytes - 1;
    const bytes = await readSmall(blob, range, name);
    if (bytes) return Readable.from([bytes], { objectMode: false });
    const giveBack = leases.take(blob.id);
    try {
      const file = await open(places.file(blob.id)).catch((cause) => {
        throw isMissing(cause) ? corrupt(blob, name, "has no file any more", cause) : cause;
      });
      const running = isWhole ? await startChecksumLike(blob.checksum) : undefined;
      return new BlobStream({ blob, name, file, start, end, running, release: giveBack });
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  async function readSmall(blob: Blob, range?: ByteRange, name?: string): Promise<Buffer | undefined> {
    if (!isInlineId(blob.id)) return undefined;
    const bytes = await inline(blob);
    if (!bytes) throw corrupt(blob, name, "has no row any more");
    const running = await startChecksumLike(blob.checksum);
    running.update(bytes);
    if (bytes.length !== blob.sizeBytes || running.digest() !== blob.checksum) throw damaged(blob, name);
    return range ? bytes.subarray(range.start, range.end + 1) : bytes;
  }

  async function hold(blob: Blob, name?: string): Promise<HeldBlob> {
    const bytes = await readSmall(blob, undefined, name);
    if (bytes) return { bytes, release: () => undefined };
    const release = leases.take(blob.id);
    try {
      const path = places.file(blob.id);
      const { size } = await stat(path).catch((cause) => {
        throw isMissing(cause) ? corrupt(blob, name, "has no file any more", cause) : cause;
      });
      if (size !== blob.sizeBytes) throw short(blob, name, size);
      return { path, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async function copyTo(blob: Blob, path: string, name?: string): Promise<void> {
    const giveBack = leases.take(blob.id);
    try {
      if (!isInlineId(blob.id) && (await reflink(places.file(blob.id), path))) {
        const { size } = await stat(path);
        if (size !== blob.sizeBytes) throw short(blob, name, size);
      } else await pipeline(await read(blob, undefined, name), createWriteStream(path, { flags: "wx" }));
    } finally {
      giveBack();
    }
  }
  return { read, readSmall, hold, copyTo };
}

/** Who reads the text finds the object by its name, the file by its id. */
const corrupt = ({ id }: Blob, name: string | undefined, what: string, cause?: unknown) =>
  new BlobCorrupt(
    name === undefined
      ? `Blob ${id} ${what}.`
      : `${name} cannot be read: its blob ${id} ${what}. Put the object again, or restore a backup.`,
    { cause },
  );

const damaged = (blob: Blob, name: string | undefined) =>
  corrupt(blob, name, `has been damaged on disk: its checksum is no longer ${blob.checksum}`);

const short = (blob: Blob, name: string | undefined, sizeBytes: number) =>
  corrupt(blob, name, `has ${sizeBytes} bytes, ${blob.sizeBytes} were written`);

/** Shares the blocks of a file with a new one, copy on write; false where the disk cannot. */
async function reflink(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && CANNOT_REFLINK.has(String(error.code))) return false;
    throw error;
  }
}

const CANNOT_REFLINK = new Set(["ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EXDEV", "EINVAL", "ENOTTY", "EPERM", "ENOENT"]);

const isMissing = (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOENT";

interface Open {
  readonly blob: Blob;
  readonly name: string | undefined;
  readonly file: FileHandle;
  readonly start: number;
  readonly end: number;
  /** Present when the whole is read. */
  readonly running: RunningChecksum | undefined;
  readonly release: () => void;
}

class BlobStream extends Readable {
  readonly #open: Open;
  #position: number;

  constructor(open: Open) {
    // The next piece is read while one is on its way to the caller.
    super({ highWaterMark: 2 * PIECE_BYTES });
    this.#open = open;
    this.#position = open.start;
  }

  override _read(): void {
    this.#next().then(
      (piece) => this.push(piece),
      (error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#open.release();
    this.#open.file.close().then(
      () => done(error),
      (failure) => done(error ?? failure),
    );
  }

  async #next(): Promise<Uint8Array | null> {
    const { blob, name, file, end, running } = this.#open;
    const wanted = Math.min(PIECE_BYTES, end + 1 - this.#position);
    if (wanted <= 0) return null;
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, this.#position);
    if (this.destroyed) return null;
    if (bytesRead === 0) throw short(blob, name, this.#position);
    const piece = buffer.subarray(0, bytesRead);
    this.#position += bytesRead;
    running?.update(piece);
    if (running && this.#position > end && running.digest() !== blob.checksum) throw damaged(blob, name);
    return piece;
  }
}
