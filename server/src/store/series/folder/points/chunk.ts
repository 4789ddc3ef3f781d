// A chunk: a file of many points, lines of each metric, and an index beside it that finds a metric's lines. Written as a
// whole and never changed; it is there when its index is.
import { type FileHandle, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { newId } from "../../../../core/ids.ts";
import { replaceFile } from "../../../durable.ts";
import { decode, encode } from "../../../journal/line.ts";
import { byTime, type Stored } from "./table.ts";

/** What is known of a chunk without its index. */
export interface Facts {
  readonly name: string;
  /** How often its points were merged. */
  readonly level: number;
  /** The newest journal whose points are in it. */
  readonly journal: number;
  /** Earliest and latest time of its points. */
  readonly from: number;
  readonly to: number;
  /** Chunks whose points are all in this one. */
  readonly replaces: readonly string[];
}

export interface Index extends Facts {
  /** Metrics of the lines, rising; the arrays go together. */
  readonly ids: readonly number[];
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  /** Times of each line's earliest and latest point. */
  readonly firsts: readonly number[];
  readonly lasts: readonly number[];
}

export type Points = readonly [id: number, points: readonly Stored[]];

const POINTS = ".points";
const INDEX = ".index";
const WRITE_BYTES = 1024 * 1024;
const READ_BYTES = 1024 * 1024;
/** Points written before others have their turn. */
const SLICE = 5_000;
/** Points of one line at most: what is read for a point of them. */
const LINE_POINTS = 10_000;

/** Writes metrics in order of their ids; resolves when the chunk is lasting. */
export async function writeChunk(
  folder: string,
  { level, journal, replaces }: Pick<Facts, "level" | "journal" | "replaces">,
  metrics: Iterable<Points> | AsyncIterable<Points>,
): Promise<Index> {
  const name = newId();
  const file = await open(join(folder, name + POINTS), "w", 0o600);
  const index: Record<"ids" | "offsets" | "lengths" | "firsts" | "lasts", number[]> = {
    ids: [],
    offsets: [],
    lengths: [],
    firsts: [],
    lasts: [],
  };
  let [from, to, offset, sinceTurn] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  const write = async () => {
    await file.appendFile(Buffer.concat(waiting));
    waiting = [];
    waitingBytes = 0;
  };
  try {
    for await (const [id, points] of inLines(metrics)) {
      const line = Buffer.from(encode(points));
      const [first, last] = [(points[0] as Stored)[0], (points.at(-1) as Stored)[0]];
      from = Math.min(from, first);
      to = Math.max(to, last);
      index.ids.push(id);
      index.offsets.push(offset);
      index.lengths.push(line.length);
      index.firsts.push(first);
      index.lasts.push(last);
      offset += line.length;
      waiting.push(line);
      waitingBytes += line.length;
      if (waitingBytes >= WRITE_BYTES) await write();
      sinceTurn += points.length;
      if (sinceTurn < SLICE) continue;
      sinceTurn = 0;
      await setImmediate();
    }
    await write();
    await file.datasync();
  } finally {
    await file.close();
  }
  const whole = { name, level, journal, from, to, replaces, ...index };
  await replaceFile(join(folder, name + INDEX), encode(whole));
  return whole;
}

/** So many points at once, in order of time. */
async function* inLines(metrics: Iterable<Points> | AsyncIterable<Points>): AsyncGenerator<Points> {
  for await (const [id, points] of metrics)
    for (let at = 0; at < points.length; at += LINE_POINTS) yield [id, points.slice(at, at + LINE_POINTS)];
}

/** Chunks of the folder, without what was left half written and what others replace. */
export async function chunksIn(folder: string): Promise<readonly Index[]> {
  const files = await readdir(folder);
  const names = new Set(files.filter((file) => file.endsWith(INDEX)).map((file) => file.slice(0, -INDEX.length)));
  const found: Index[] = [];
  for (const name of names) found.push(await readIndex(folder, name));
  const replaced = new Set(found.flatMap(({ replaces }) => replaces));
  for (const file of files) {
    const name = file.slice(0, file.lastIndexOf("."));
    if (replaced.has(name) || !names.has(name)) await rm(join(folder, file), { force: true });
  }
  return found.filter(({ name }) => !replaced.has(name));
}

/** @throws Error for one that is not as it was written */
export async function readIndex(folder: string, name: string): Promise<Index> {
  const path = join(folder, name + INDEX);
  const index = decode((await readFile(path, "utf8")).trimEnd()) as Index | undefined;
  if (!index) throw new Error(`${path} is damaged: restore it and ${name}${POINTS} from a backup, or remove both.`);
  return index;
}

export async function removeChunk(folder: string, name: string): Promise<void> {
  await rm(join(folder, name + INDEX), { force: true });
  await rm(join(folder, name + POINTS), { force: true });
}

/** A metric's points of lines that overlap this time, in no order. */
export async function readPoints(
  folder: string,
  index: Index,
  { id, start, end }: { readonly id: number; readonly start: number; readonly end: number },
): Promise<readonly Stored[]> {
  const lines: number[] = [];
  for (let at = firstOf(index.ids, id); index.ids[at] === id; at++)
    if ((index.lasts[at] as number) >= start && (index.firsts[at] as number) < end) lines.push(at);
  if (lines.length === 0) return [];
  const file = await open(join(folder, index.name + POINTS));
  try {
    const found: Stored[] = [];
    for (const at of lines)
      for (const point of await lineAt(file, index, at)) if (point[0] >= start && point[0] < end) found.push(point);
    return found;
  } finally {
    await file.close();
  }
}

/** Where the lines of a metric begin, or would. */
function firstOf(ids: readonly number[], id: number): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function lineAt(file: FileHandle, { offsets, lengths }: Index, at: number): Promise<readonly Stored[]> {
  const buffer = Buffer.allocUnsafe(lengths[at] as number);
  await file.read(buffer, 0, buffer.length, offsets[at] as number);
  return pointsOf(buffer);
}

/** A line that is damaged is no reason to keep the others from their reader. */
const pointsOf = (line: Buffer): readonly Stored[] =>
  (decode(line.toString("utf8", 0, line.length - 1)) as readonly Stored[] | undefined) ?? [];

/** All of a chunk, in order of ids. */
async function* allPoints(folder: string, index: Index): AsyncGenerator<Points> {
  const file = await open(join(folder, index.name + POINTS));
  try {
    let [buffer, start] = [Buffer.alloc(0), 0];
    for (const [at, id] of index.ids.entries()) {
      const [offset, length] = [index.offsets[at] as number, index.lengths[at] as number];
      if (offset + length > start + buffer.length) {
        buffer = Buffer.allocUnsafe(Math.max(READ_BYTES, length));
        start = offset;
        const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
        buffer = buffer.subarray(0, bytesRead);
      }
      yield [id, pointsOf(buffer.subarray(offset - start, offset - start + length))];
    }
  } finally {
    await file.close();
  }
}

/** Points of several chunks as one, without those from before a time. Never more of them at once than make a line or two. */
export async function* merged(folder: string, chunks: readonly Index[], since: number): AsyncGenerator<Points> {
  const readers = chunks.map((chunk) => allPoints(folder, chunk));
  try {
    const heads = await Promise.all(readers.map((reader) => reader.next()));
    for (;;) {
      const ids = heads.flatMap((head) => (head.done ? [] : [head.value[0]]));
      if (ids.length === 0) return;
      const id = Math.min(...ids);
      let points: Stored[] = [];
      for (const [at, reader] of readers.entries())
        for (let head = heads[at]; head && !head.done && head.value[0] === id; head = heads[at]) {
          for (const point of head.value[1]) if (point[0] >= since) points.push(point);
          heads[at] = await reader.next();
          if (points.length < LINE_POINTS) continue;
          yield [id, byTime(points)];
          points = [];
        }
      if (points.length > 0) yield [id, byTime(points)];
    }
  } finally {
    for (const reader of readers) await reader.return(undefined);
  }
}
