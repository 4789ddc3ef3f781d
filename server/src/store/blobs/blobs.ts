// Blobs: immutable files with random ids. A blob belongs to the row that names it; a blob without such a row is garbage.
import type { Readable } from "node:stream";
import type { Change } from "../rows/rows.ts";

export interface Blob {
  readonly id: string;
  readonly sizeBytes: number;
  /** CRC-32C of the bytes, eight hexadecimal digits; checked when the whole blob is read. */
  readonly checksum: string;
}

export interface Blobs {
  /**
   * Writes beside, syncs, renames. Until a change that `owns` it is committed the blob is garbage; `discard` it when
   * that fails. @throws whatever the source throws, NoSpace below the disk reserve; nothing is left behind then.
   */
  write(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Blob>;
  /** The row writes that make the blob lasting; put them into the commit that names it. */
  owns(blob: Blob): Change;
  /** The row writes that hand the blob to the collector; put them into the commit that drops it. */
  disowns(id: string): Change;
  discard(blob: Blob): Promise<void>;
  /** Bytes from `start` to `end` inclusive (all when absent). Reading takes a lease: the collector waits for it. */
  read(blob: Blob, range?: { readonly start: number; readonly end: number }): Promise<Readable>;
  /** Copies into a new file, by reflink where the disk can. Never a link. */
  copyTo(blob: Blob, path: string): Promise<void>;
  /** Removes what no row owns; at start-up and then in the background. Resolves to the number removed. */
  collect(): Promise<number>;
  /** Free bytes above the reserve; new work is refused when it is below zero. */
  roomBytes(): Promise<number>;
  close(): Promise<void>;
}

/** The disk is below its reserve. */
export class NoSpace extends Error {
  override readonly name = "NoSpace";
}
