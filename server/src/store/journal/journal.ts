// A journal: entries in the order written, in segment files of one folder. What is appended at once is one line of the
// file, so it is there as a whole or not at all. Lines of log streams, points of metrics and calls are kept in journals.
import { constants } from "node:fs";
import { type FileHandle, open, readdir, rm, truncate } from "node:fs/promises";
import { Batches } from "../batches.ts";
import { replaceFile, syncFolder } from "../durable.ts";
import { type Entry, encode, type Line } from "./line.ts";
import { type OrderedRange, readInOrder } from "./ordered.ts";
import { type Range, readEntries, type StoredEntry } from "./read.ts";
import { addLine, emptySegment, indexFile, linesFile, readIndex, type Segment, scanSegment } from "./segment.ts";

export interface Appending {
  readonly entries: readonly Entry[];
  /** Resolve only when the disk has it. */
  readonly sync: boolean;
  /** Taken only when `offset` is beyond the last one recorded for the source, which is recorded in the same line. */
  readonly source?: { readonly id: string; readonly offset: number } | undefined;
  /** Written to a segment that holds nothing from before. */
  readonly endsSegment?: true;
}

export interface JournalFacts {
  readonly firstAt: number | undefined;
  readonly lastAt: number | undefined;
  readonly lastWrittenAt: number | undefined;
  readonly sizeBytes: number;
  readonly entries: number;
}

/** A segment is closed at this size, or when its first line is older than a day: retention drops whole segments. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
const SEGMENT_MS = 86_400_000;
const BATCH_LIMIT = 1000;
const WRITE = constants.O_WRONLY | constants.O_CREAT;

export class Journal {
  readonly #folder: string;
  readonly #now: () => number;
  /** Oldest first; the last one is being written. */
  readonly #segments: Segment[];
  #marks: ReadonlyMap<string, number>;
  #file: FileHandle | undefined;
  #closed = false;
  /** The newest segment's name may not be lasting, nor its last lines: an earlier process may have written them. */
  #nameUnsynced = true;
  #linesUnsynced = true;
  /** Position before which everything is lasting. */
  #lasting = 0;
  readonly #batches = new Batches<Appending, void>(BATCH_LIMIT, (batch) => this.#write(batch));

  private constructor(folder: string, now: () => number, segments: Segment[], marks: ReadonlyMap<string, number>) {
    this.#folder = folder;
    this.#now = now;
    this.#segments = segments;
    this.#marks = marks;
  }

  /** Opens the journal in the folder, which must exist. A torn end is cut off. */
  static async open(folder: string, now: () => number): Promise<Journal> {
    const files = await readdir(folder);
    const names = files.filter((file) => file.endsWith(".jsonl")).map((file) => file.slice(0, -".jsonl".length));
    names.sort();
    const marks = new Map<string, number>();
    const take = (line: Line) => {
      for (const [id, offset] of Object.entries(line.m ?? {})) marks.set(id, offset);
    };
    const newest = names.pop();
    if (newest === undefined) return new Journal(folder, now, [emptySegment(0)], marks);
    const segments: Segment[] = [];
    for (const name of names)
      segments.push((await readIndex(folder, name)) ?? (await scanSegment(folder, name, () => {})));
    const segment = await scanSegment(folder, newest, take);
    await truncate(linesFile(folder, newest), segment.sizeBytes);
    // A segment begins with the offsets of all sources. When that line was torn, the segment before knows them.
    const before = names.at(-1);
    if (segment.blocks.length === 0 && before !== undefined) await scanSegment(folder, before, take);
    return new Journal(folder, now, [...segments, segment], marks);
  }

  async append(appending: Appending): Promise<void> {
    if (this.#closed) throw new Error(`The journal in ${this.#folder} is closed or has been removed.`);
    return this.#batches.submit(appending);
  }

  /** Makes what has been written lasting; the position before which everything is. */
  async lasting(): Promise<number> {
    if (this.#linesUnsynced) await this.append({ entries: [], sync: true });
    return this.#lasting;
  }

  /** What is appended from here on is in other segments than what was appended before. */
  async endSegment(): Promise<void> {
    await this.append({ entries: [], sync: true, endsSegment: true });
  }

  /** Last offset recorded for a source, 0 if none. */
  offset(sourceId: string): number {
    return this.#marks.get(sourceId) ?? 0;
  }

  /** Entries in the order walked. */
  read(range: Range): Promise<StoredEntry[]> {
    return readEntries(this.#folder, [...this.#segments], range);
  }

  /** Entries by their own time, those of one time in the order written, in the order walked. */
  readInOrder(range: OrderedRange): Promise<StoredEntry[]> {
    return readInOrder(this.#folder, [...this.#segments], range);
  }

  facts(): JournalFacts {
    const blocks = this.#segments.flatMap((segment) => segment.blocks);
    const least = (a: number, b: number | undefined) => (b === undefined || a < b ? a : b);
    const most = (a: number, b: number | undefined) => (b === undefined || a > b ? a : b);
    return {
      firstAt: blocks.reduce<number | undefined>(
        (found, { from }) => (from === undefined ? found : least(from, found)),
        undefined,
      ),
      lastAt: blocks.reduce<number | undefined>(
        (found, { to }) => (to === undefined ? found : most(to, found)),
        undefined,
      ),
      lastWrittenAt: this.#segments.findLast((segment) => segment.lastWrittenAt !== undefined)?.lastWrittenAt,
      sizeBytes: this.#segments.reduce((sum, segment) => sum + segment.sizeBytes, 0),
      entries: this.#newest().next - Number(this.#segments[0]?.name ?? 0),
    };
  }

  /** Drops segments whose entries are all from before this time; positions and offsets of sources go on. Resolves to their number. */
  async expire(before: number): Promise<number> {
    const isOld = (segment: Segment) => segment.blocks.every(({ to }) => to === undefined || to < before);
    const newest = this.#newest();
    if (hasEntries(newest) && isOld(newest) && !this.#closed) await this.endSegment();
    const old = this.#segments.slice(0, -1).filter(isOld);
    for (const segment of old) {
      this.#segments.splice(this.#segments.indexOf(segment), 1);
      await rm(indexFile(this.#folder, segment.name), { force: true });
      await rm(linesFile(this.#folder, segment.name), { force: true });
    }
    return old.length;
  }

  /** Lets what was appended before be written first. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#batches.idle();
    await this.#file?.close();
    this.#file = undefined;
  }

  #newest(): Segment {
    return this.#segments.at(-1) as Segment;
  }

  async #write(batch: readonly Appending[]): Promise<[]> {
    const { file, segment } = await this.#writable(batch.some(({ endsSegment }) => endsSegment));
    const marks = new Map(this.#marks);
    const lines: { readonly line: Line; readonly bytes: Buffer }[] = [];
    let next = segment.next;
    if (segment.sizeBytes === 0 && marks.size > 0)
      lines.push(this.#line({ n: next, e: [], m: Object.fromEntries(marks) }));
    for (const { entries, source } of batch) {
      // Asks for no more than the sync.
      if (entries.length === 0 && !source) continue;
      if (source && source.offset <= (marks.get(source.id) ?? 0)) continue;
      if (source) marks.set(source.id, source.offset);
      lines.push(this.#line({ n: next, e: entries, ...(source ? { m: { [source.id]: source.offset } } : {}) }));
      next += entries.length;
    }
    const sync = batch.some((appending) => appending.sync);
    try {
      await writeAll(file, Buffer.concat(lines.map(({ bytes }) => bytes)), segment.sizeBytes);
      if (sync) await this.#sync(file);
    } catch (error) {
      await file.truncate(segment.sizeBytes);
      throw error;
    }
    for (const { line, bytes } of lines) addLine(segment, line, bytes.length);
    this.#marks = marks;
    if (sync) this.#lasting = segment.next;
    this.#linesUnsynced = !sync && (this.#linesUnsynced || lines.length > 0);
    return [];
  }

  #line(line: Omit<Line, "i">): { readonly line: Line; readonly bytes: Buffer } {
    const whole = { ...line, i: this.#now() };
    return { line: whole, bytes: Buffer.from(encode(whole)) };
  }

  async #sync(file: FileHandle): Promise<void> {
    await file.datasync();
    if (this.#nameUnsynced) await syncFolder(this.#folder);
    this.#nameUnsynced = false;
  }

  /** The segment to write to, a new one when the newest is full, old or to end. */
  async #writable(ends: boolean): Promise<{ readonly file: FileHandle; readonly segment: Segment }> {
    const newest = this.#newest();
    const age = this.#now() - (newest.firstWrittenAt ?? this.#now());
    const isFull = ends || newest.sizeBytes >= SEGMENT_BYTES || age >= SEGMENT_MS;
    if (hasEntries(newest) && isFull) await this.#roll();
    const segment = this.#newest();
    if (segment.sizeBytes === 0) this.#nameUnsynced = true;
    this.#file ??= await open(linesFile(this.#folder, segment.name), WRITE, 0o600);
    return { file: this.#file, segment };
  }

  async #roll(): Promise<void> {
    const full = this.#newest();
    this.#file ??= await open(linesFile(this.#folder, full.name), WRITE, 0o600);
    await this.#file.datasync();
    await this.#file.close();
    this.#file = undefined;
    await replaceFile(indexFile(this.#folder, full.name), encode(full));
    this.#segments.push(emptySegment(full.next));
  }
}

const hasEntries = ({ name, next }: Segment): boolean => next > Number(name);

/** A single write may take less than it was given. */
async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}
