// Reading a journal in the order of its entries' own times, whatever order they were written in. The index says which
// blocks may hold the next entries: where times only rise, those are read that a reading by position would read; where
// blocks overlap, all that overlap. In memory are the entries asked for and one block.
import type { FileHandle } from "node:fs/promises";
import type { Range, StoredEntry } from "./read.ts";
import { openLines, type Segment, wholeLines } from "./segment.ts";

/** Between two entries; entries of one time stand in the order written. */
export interface Place {
  readonly at: number;
  readonly sequence: number;
}

export interface OrderedRange extends Omit<Range, "from"> {
  /** Entries from here on, or those before here when `backwards`; everything when absent. */
  readonly from?: Place | undefined;
}

interface Part {
  readonly segment: string;
  readonly offset: number;
  readonly end: number;
  /** Earliest and latest time within. */
  readonly from: number;
  readonly to: number;
}

export async function readInOrder(
  folder: string,
  segments: readonly Segment[],
  range: OrderedRange,
): Promise<StoredEntry[]> {
  const files = new Map<string, FileHandle | undefined>();
  let found: StoredEntry[] = [];
  let isFull = false;
  try {
    for (const part of partsOf(segments, range)) {
      const last = found.at(-1);
      if (isFull && last && (range.backwards ? part.to < last.at : part.from > last.at)) break;
      if (!files.has(part.segment)) files.set(part.segment, await openLines(folder, part.segment));
      const file = files.get(part.segment);
      if (!file) continue;
      const entries = await entriesOf(file, part, range);
      const merged = [...found, ...entries].sort(range.backwards ? later : earlier);
      ({ found, isFull } = within(merged, range));
    }
  } finally {
    for (const file of files.values()) await file?.close();
  }
  return found;
}

const earlier = (one: Place, other: Place) => one.at - other.at || one.sequence - other.sequence;
const later = (one: Place, other: Place) => earlier(other, one);

/** What may hold wanted entries, in the order in which they may come. */
function partsOf(segments: readonly Segment[], range: OrderedRange): Part[] {
  const { from: place, backwards, startTime = Number.NEGATIVE_INFINITY, endTime = Number.POSITIVE_INFINITY } = range;
  const least = backwards ? startTime : Math.max(startTime, place?.at ?? startTime);
  const most = backwards ? (place?.at ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  const parts = segments.flatMap(({ name, blocks, sizeBytes }) =>
    blocks.flatMap(({ offset, from, to }, index) =>
      from !== undefined && to !== undefined && to >= least && from < endTime && from <= most
        ? [{ segment: name, offset, end: blocks[index + 1]?.offset ?? sizeBytes, from, to }]
        : [],
    ),
  );
  return parts.sort((one, other) => (backwards ? other.to - one.to : one.from - other.from));
}

async function entriesOf(file: FileHandle, { offset, end }: Part, range: OrderedRange): Promise<StoredEntry[]> {
  const { from, backwards, startTime, endTime } = range;
  const found: StoredEntry[] = [];
  for await (const { line } of wholeLines(file, offset, end))
    for (const [index, [at, value]] of line?.e.entries() ?? []) {
      const sequence = (line?.n ?? 0) + index;
      const isBefore = from !== undefined && earlier({ at, sequence }, from) < 0;
      const byPlace = from === undefined || isBefore === (backwards === true);
      const byTime = (startTime === undefined || at >= startTime) && (endTime === undefined || at < endTime);
      if (byPlace && byTime) found.push({ sequence, at, writtenAt: line?.i ?? 0, value });
    }
  return found;
}

/** The first entries, as many as may be given. */
function within(
  entries: StoredEntry[],
  { limit, limitBytes = Number.POSITIVE_INFINITY }: OrderedRange,
): { readonly found: StoredEntry[]; readonly isFull: boolean } {
  let bytes = 0;
  let count = 0;
  for (const { value } of entries) {
    if (count >= limit || bytes >= limitBytes) break;
    bytes += typeof value === "string" ? Buffer.byteLength(value) : 0;
    count++;
  }
  return { found: entries.slice(0, count), isFull: count >= limit || bytes >= limitBytes };
}
