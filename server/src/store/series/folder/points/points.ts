// Points of all metrics: written ahead into one journal, whatever metrics they are of, so that what was put at once is one
// write and one sync; kept in memory until there are many; then written as a chunk, and the journal is dropped.
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../../durable.ts";
import { Journal } from "../../../journal/journal.ts";
import type { Entry } from "../../../journal/line.ts";
import type { Json } from "../../../rows/rows.ts";
import { chunksIn } from "./chunk.ts";
import { Chunks } from "./chunks.ts";
import { type Stored, Table } from "./table.ts";

export type StoredOf = readonly [id: number, point: Stored];

/** A journal and what is in it. */
interface Generation {
  readonly number: number;
  readonly journal: Journal;
  readonly table: Table;
  /** Appends under way. */
  writing: number;
  settled: () => void;
}

/** Points of one chunk: some megabytes, and some ten in memory. */
const CHUNK_POINTS = 100_000;
/** Writers wait while so many full tables are in memory. */
const MOST_WAITING = 3;

export interface PointsOptions {
  readonly folder: string;
  readonly now: () => number;
  /** Points from before it may be dropped. */
  readonly keptSince: () => number;
  /** Told when writing a chunk fails; the points stay where they are. */
  readonly report: (error: unknown) => void;
  readonly chunkPoints?: number;
}

export class Points {
  readonly #options: PointsOptions;
  readonly #chunks: Chunks;
  #current: Generation;
  /** Full ones, oldest first. */
  #full: readonly Generation[] = [];
  #rotating: Promise<void> | undefined;
  #background: Promise<void> = Promise.resolve();
  #failure: unknown;

  private constructor(options: PointsOptions, chunks: Chunks, generations: readonly Generation[], current: Generation) {
    this.#options = options;
    this.#chunks = chunks;
    this.#full = generations;
    this.#current = current;
    if (generations.length > 0) this.#store();
  }

  /** `see` is told of every metric's latest point. */
  static async open(options: PointsOptions, see: (id: number, at: number) => void): Promise<Points> {
    const [chunkFolder, journalFolder] = [join(options.folder, "chunks"), join(options.folder, "journal")];
    for (const folder of [chunkFolder, journalFolder]) await makeFolder(folder);
    const found = await chunksIn(chunkFolder);
    for (const { ids, lasts } of found) for (const [at, id] of ids.entries()) see(id, lasts[at] as number);
    const chunks = new Chunks(chunkFolder, found);
    const generations: Generation[] = [];
    const stored = chunks.newestJournal();
    const numbers = (await readdir(journalFolder)).map(Number).sort((a, b) => a - b);
    for (const number of numbers) {
      if (number <= stored) await rm(join(journalFolder, String(number)), { recursive: true, force: true });
      else generations.push(await openGeneration(options, number, see));
    }
    const current = generations.pop() ?? (await openGeneration(options, stored + 1, see));
    return new Points(options, chunks, generations, current);
  }

  async put(points: readonly StoredOf[], sync: boolean): Promise<void> {
    const most = this.#options.chunkPoints ?? CHUNK_POINTS;
    if (this.#full.length >= MOST_WAITING) await this.#room();
    // No new journal could be made before.
    if (this.#current.table.count >= MOST_WAITING * most) await this.#rotated();
    const generation = this.#current;
    generation.writing++;
    try {
      await generation.journal.append({ entries: points.map(toEntry), sync });
      for (const [id, point] of points) generation.table.add(id, point);
    } finally {
      generation.writing--;
      if (generation.writing === 0) generation.settled();
    }
    // What was put is kept, whatever comes of this: a caller that heard of a failure would put it once more.
    if (generation === this.#current && generation.table.count >= most)
      await this.#rotated().catch(this.#options.report);
  }

  /** In order of time. */
  async read(id: number, start: number, end: number): Promise<readonly Stored[]> {
    const tables = [...this.#full, this.#current].map(({ table }) => table);
    const recent = tables.flatMap((table) => table.between(id, start, end));
    const older = await this.#chunks.read(id, start, end);
    return [...older, ...recent].sort(([one], [other]) => one - other);
  }

  expire(): Promise<void> {
    return this.#chunks.expire(this.#options.keptSince());
  }

  async close(): Promise<void> {
    // Whoever put the points has heard of its failure.
    await this.#rotating?.catch(() => {});
    await this.#background;
    for (const { journal } of [...this.#full, this.#current]) await journal.close();
  }

  #rotated(): Promise<void> {
    this.#rotating ??= this.#rotate();
    return this.#rotating;
  }

  async #rotate(): Promise<void> {
    try {
      const next = await openGeneration(this.#options, this.#current.number + 1, () => {});
      const full = this.#current;
      this.#current = next;
      this.#full = [...this.#full, full];
      this.#store();
    } finally {
      this.#rotating = undefined;
    }
  }

  /** @throws what keeps full tables from being stored */
  async #room(): Promise<void> {
    await this.#background;
    if (this.#full.length < MOST_WAITING) return;
    this.#store();
    await this.#background;
    if (this.#full.length >= MOST_WAITING) throw this.#failure;
  }

  /**
   * Stores the full tables, oldest first: a chunk says which journal is the newest that is stored. After a failure the
   * points are in memory and in their journals as before.
   */
  #store(): void {
    const storeAll = async () => {
      for (let generation = this.#full[0]; generation; generation = this.#full[0]) {
        const stored = generation;
        if (stored.writing > 0) await new Promise<void>((resolve) => (stored.settled = resolve));
        await this.#chunks.add(stored.number, stored.table.sorted(), () => {
          this.#full = this.#full.slice(1);
        });
        await stored.journal.close();
        await rm(journalOf(this.#options, stored.number), { recursive: true, force: true });
      }
      await this.#chunks.merge(this.#options.keptSince());
    };
    this.#background = this.#background.then(storeAll).catch((error: unknown) => {
      this.#failure = error;
      this.#options.report(error);
    });
  }
}

const journalOf = ({ folder }: PointsOptions, number: number): string => join(folder, "journal", String(number));

async function openGeneration(
  options: PointsOptions,
  number: number,
  see: (id: number, at: number) => void,
): Promise<Generation> {
  const folder = journalOf(options, number);
  await makeFolder(folder);
  const journal = await Journal.open(folder, options.now);
  const table = new Table();
  for (const { at, value } of await journal.read({ from: 0, limit: Number.POSITIVE_INFINITY })) {
    const [id, kept, unit] = value as [number, Stored[1], string?];
    table.add(id, unit === undefined ? [at, kept] : [at, kept, unit]);
    see(id, at);
  }
  return { number, journal, table, writing: 0, settled: () => {} };
}

const toEntry = ([id, [at, value, unit]]: StoredOf): Entry => {
  const kept: Json = [id, value, ...(unit === undefined ? [] : [unit])];
  return [at, kept];
};
