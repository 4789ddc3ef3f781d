// Reading a journal by position and time: blocks are chosen by the index, then their lines are gone through.
import type { FileHandle } from "node:fs/promises";
import { type Block, openLines, type Segment, wholeLines } from "./segment.ts";

export interface Range {
  /** Position to begin at; read downwards from it when `backwards`. */
  readonly from: number;
  readonly backwards?: boolean | undefined;
  readonly limit: number;
  /** No entry is taken once those found hold so many bytes of text; one is always found. */
  readonly limitBytes?: number | undefined;
  /** Inclusive start, exclusive end of the entries' own time. */
  readonly startTime?: number | undefined;
  readonly endTime?: number | undefined;
}

export interface StoredEntry {
  readonly sequence: number;
  readonly at: number;
  readonly writtenAt: number;
  readonly value: unknown;
}

export async function readEntries(folder: string, segments: readonly Segment[], range: Range): Promise<StoredEntry[]> {
  const found: StoredEntry[] = [];
  const { limit, limitBytes = Number.POSITIVE_INFINITY } = range;
  let bytes = 0;
  for (const segment of range.backwards ? [...segments].reverse() : segments) {
    const blocks = blocksOf(segment, range);
    if (blocks.length === 0) continue;
    const file = await openLines(folder, segment.name);
    if (!file) continue;
    try {
      for (const { offset, end } of blocks) {
        const entries = await entriesOf(file, offset, end, range);
        for (const entry of range.backwards ? entries.reverse() : entries) {
          if (found.length >= limit || bytes >= limitBytes) return found;
          found.push(entry);
          bytes += typeof entry.value === "string" ? Buffer.byteLength(entry.value) : 0;
        }
        if (found.length >= limit || bytes >= limitBytes) return found;
      }
    } finally {
      await file.close();
    }
  }
  return found;
}

/** Where in the file the wanted entries may be, in the order walked. */
function blocksOf(segment: Segment, range: Range): { readonly offset: number; readonly end: number }[] {
  const places = segment.blocks.flatMap((block, index) => {
    const after = segment.blocks[index + 1];
    const next = after?.n ?? segment.next;
    return isWanted(block, next, range) ? [{ offset: block.offset, end: after?.offset ?? segment.sizeBytes }] : [];
  });
  return range.backwards ? places.reverse() : places;
}

function isWanted({ n, from, to }: Block, next: number, range: Range): boolean {
  if (from === undefined || to === undefined) return false;
  const byPosition = range.backwards ? n <= range.from : next > range.from;
  return byPosition && to >= (range.startTime ?? from) && from < (range.endTime ?? from + 1);
}

async function entriesOf(file: FileHandle, offset: number, end: number, range: Range): Promise<StoredEntry[]> {
  const found: StoredEntry[] = [];
  for await (const { line } of wholeLines(file, offset, end))
    for (const [index, [at, value]] of line?.e.entries() ?? []) {
      const sequence = (line?.n ?? 0) + index;
      const byPosition = range.backwards ? sequence <= range.from : sequence >= range.from;
      const byTime = at >= (range.startTime ?? at) && (range.endTime === undefined || at < range.endTime);
      if (byPosition && byTime) found.push({ sequence, at, writtenAt: line?.i ?? 0, value });
    }
  return found;
}
