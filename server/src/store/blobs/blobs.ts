// Blobs: immutable files with random ids. A blob belongs to the row that names it; a blob without such a row is garbage.
import type { Readable } from "node:stream";
import type { Change } from "../rows/rows.ts";

export interface Blob {
  readonly id: string;
  readonly sizeBytes: number;
  /** `crc32:` and eight hexadecimal digits (the digits alone: CRC-32C); checked when the whole blob is read. */
  readonly checksum: string;
}

export interface Blobs {
  /**
   * Writes beside, syncs, renames. Until a change that `owns` it is committed the blob is garbage; `discard` it when
   * that fails. @throws whatever the source throws, NoSpace below the disk reserve; nothing is left behind then.
   */
  write(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Blob>;
  /**
   * The row writes that make the blob lasting; put them into the commit that names it. Takes the very value that `write`
   * gave: the bytes of a small blob go with it into the row.
   */
  owns(blob: Blob): Change;
  /** The row writes that hand the blob to the collector; put them into the commit that drops it. */
  disowns(id: string): Change;
  /** Removes a blob whose owning change was refused. */
  discard(blob: Blob): Promise<void>;
  /**
   * Bytes from `start` to `end` inclusive (all when absent). Reading takes a lease: the collector waits for it. The
   * stream fails with BlobCorrupt when the file is gone or short, or when the whole was read and the checksum differs;
   * the last bytes are held back until then. `name`: what the bytes are to people, for the text of a failure.
   */
  read(blob: Blob, range?: { readonly start: number; readonly end: number }, name?: string): Promise<Readable>;
  /**
   * The same for a blob that is kept in its row: its bytes, checked, without a stream around them, which costs more than
   * they do. Undefined for a blob with a file.
   */
  readSmall(
    blob: Blob,
    range?: { readonly start: number; readonly end: number },
    name?: string,
  ): Promise<Buffer | undefined>;
  /**
   * Where the bytes lie, for a process of ours that reads them itself and checks them: a file, under a lease until
   * `release` is called, or the bytes of a small blob, checked. @throws BlobCorrupt
   */
  hold(blob: Blob, name?: string): Promise<HeldBlob>;
  /**
   * Copies into a new file, by reflink where the disk can, which checks the size only, else checked like a read. Never a
   * link. @throws BlobCorrupt
   */
  copyTo(blob: Blob, path: string, name?: string): Promise<void>;
  /** Removes what has been disowned for a minute and is not being read. Resolves to the number removed. */
  collect(): Promise<number>;
  /** Free bytes above the reserve; new work is refused when it is below zero. */
  roomBytes(): Promise<number>;
  close(): Promise<void>;
}

export type HeldBlob =
  | { readonly path: string; readonly release: () => void }
  | { readonly bytes: Uint8Array; readonly release: () => void };

/** The file behind a blob is not what was written. */
export class BlobCorrupt extends Error {
  override readonly name = "BlobCorrupt";
}

/** The disk is below its reserve. */
export class NoSpace extends Error {
  override readonly name = "NoSpace";
}
