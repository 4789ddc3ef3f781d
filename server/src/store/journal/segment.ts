// A segment: one file of a journal, and a sparse index that finds a position or a time in it.
import { type FileHandle, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { decode, type Line } from "./line.ts";

/** A run of lines. */
export interface Block {
  /** Where it begins in the file. */
  readonly offset: number;
  /** Position of its first entry. */
  readonly n: number;
  /** Earliest and latest time of its entries; absent while it has none. */
  readonly from?: number;
  readonly to?: number;
}

/** What is known of a segment without reading it. Grows while the segment is written. */
export interface Segment {
  /** File name without its ending: the position of the first entry, so that names sort by age. */
  readonly name: string;
  readonly blocks: Block[];
  sizeBytes: number;
  /** Position after the last entry. */
  next: number;
  firstWrittenAt: number | undefined;
  lastWrittenAt: number | undefined;
}

/** An index entry stands for about so many bytes: what a read of one position costs at most. */
const BLOCK_BYTES = 64 * 1024;
const READ_BYTES = 1024 * 1024;
const POSITION_DIGITS = 14;

export const segmentName = (n: number): string => String(n).padStart(POSITION_DIGITS, "0");
export const linesFile = (folder: string, name: string): string => join(folder, `${name}.jsonl`);
export const indexFile = (folder: string, name: string): string => join(folder, `${name}.index`);

export const emptySegment = (n: number): Segment => ({
  name: segmentName(n),
  blocks: [],
  sizeBytes: 0,
  next: n,
  firstWrittenAt: undefined,
  lastWrittenAt: undefined,
});

/** Takes a line of so many bytes, written at the end, into the index. */
export function addLine(segment: Segment, line: Line, lineBytes: number): void {
  let block = segment.blocks.at(-1);
  if (!block || segment.sizeBytes - block.offset >= BLOCK_BYTES) {
    block = { offset: segment.sizeBytes, n: line.n };
    segment.blocks.push(block);
  }
  segment.blocks[segment.blocks.length - 1] = widened(block, line);
  segment.sizeBytes += lineBytes;
  segment.next = line.n + line.e.length;
  segment.firstWrittenAt ??= line.i;
  segment.lastWrittenAt = line.i;
}

function widened(block: Block, line: Line): Block {
  let { from, to } = block;
  for (const [at] of line.e) {
    from = from === undefined || at < from ? at : from;
    to = to === undefined || at > to ? at : to;
  }
  return from === undefined || to === undefined ? block : { ...block, from, to };
}

/** Undefined where retention has dropped the segment meanwhile. */
export function openLines(folder: string, name: string): Promise<FileHandle | undefined> {
  return open(linesFile(folder, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

/** Reads the whole file: the index of its whole lines, each line handed to `see`. Stops at a torn end. */
export async function scanSegment(folder: string, name: string, see: (line: Line) => void): Promise<Segment> {
  const segment = emptySegment(Number(name));
  const file = await open(linesFile(folder, name));
  try {
    for await (const { line, bytes } of wholeLines(file, 0, Number.POSITIVE_INFINITY)) {
      if (line) {
        addLine(segment, line, bytes);
        see(line);
      } else segment.sizeBytes += bytes;
    }
  } finally {
    await file.close();
  }
  return segment;
}

/** Lines from one offset to another; `line` is undefined for one that is damaged. What follows the last end of line is left out. */
export async function* wholeLines(
  file: FileHandle,
  start: number,
  end: number,
): AsyncGenerator<{ readonly line: Line | undefined; readonly bytes: number }> {
  let rest: Buffer = Buffer.alloc(0);
  for (let offset = start; offset < end; ) {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, end - offset));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    if (bytesRead === 0) return;
    offset += bytesRead;
    const read = buffer.subarray(0, bytesRead);
    rest = rest.length === 0 ? read : Buffer.concat([rest, read]);
    let from = 0;
    for (let newline = rest.indexOf(10); newline >= 0; newline = rest.indexOf(10, from)) {
      yield { line: decode(rest.toString("utf8", from, newline)) as Line | undefined, bytes: newline + 1 - from };
      from = newline + 1;
    }
    rest = rest.subarray(from);
  }
}

/** The index written when the segment was closed; undefined when there is none, or not a whole one. */
export async function readIndex(folder: string, name: string): Promise<Segment | undefined> {
  const text = await readFile(indexFile(folder, name), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return text.endsWith("\n") ? (decode(text.slice(0, -1)) as Segment | undefined) : undefined;
}
