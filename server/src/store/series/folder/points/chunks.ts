// The chunks of a folder: read together, merged when they are many, dropped when they are old.
import {
  type Facts,
  type Index,
  merged,
  type Points,
  readIndex,
  readPoints,
  removeChunk,
  writeChunk,
} from "./chunk.ts";
import type { Stored } from "./table.ts";

/** So many of one level become one of the next. */
const MERGED_AT_ONCE = 8;
/** Chunks of this level are not merged: some ten million points. */
const LAST_LEVEL = 3;
/** Indexes kept in memory; of 100,000 metrics each has some megabytes. */
const INDEXES_KEPT = 12;

interface Held extends Facts {
  readers: number;
  isGone: boolean;
}

export class Chunks {
  readonly #folder: string;
  #all: readonly Held[];
  /** The one used longest ago comes first. */
  readonly #indexes = new Map<string, Promise<Index>>();

  constructor(folder: string, found: readonly Index[]) {
    this.#folder = folder;
    this.#all = found.map(held);
  }

  /** Writes points that are about to be read from here; `there` is called in the moment they are. */
  async add(journal: number, points: Iterable<Points>, there: () => void): Promise<void> {
    const index = await writeChunk(this.#folder, { level: 0, journal, replaces: [] }, points);
    this.#all = [...this.#all, held(index)];
    there();
  }

  /** The newest journal that is in a chunk as a whole. */
  newestJournal(): number {
    return this.#all.reduce((newest, { journal }) => Math.max(newest, journal), -1);
  }

  /** In no order; start inclusive, end exclusive. */
  async read(id: number, start: number, end: number): Promise<readonly Stored[]> {
    const wanted = this.#all.filter(({ from, to }) => to >= start && from < end);
    for (const chunk of wanted) chunk.readers++;
    try {
      const found: Stored[] = [];
      for (const chunk of wanted)
        for (const point of await readPoints(this.#folder, await this.#index(chunk.name), { id, start, end }))
          found.push(point);
      return found;
    } finally {
      for (const chunk of wanted) {
        chunk.readers--;
        if (chunk.isGone) await this.#remove(chunk);
      }
    }
  }

  /** Merges while there are enough of one level. */
  async merge(since: number): Promise<void> {
    for (let level = 0; level < LAST_LEVEL; level++) {
      const some = this.#all.filter((chunk) => chunk.level === level).slice(0, MERGED_AT_ONCE);
      if (some.length < MERGED_AT_ONCE) continue;
      const indexes: Index[] = [];
      for (const { name } of some) indexes.push(await readIndex(this.#folder, name));
      const journal = Math.max(...some.map((chunk) => chunk.journal));
      const replaces = some.map(({ name }) => name);
      const points = merged(this.#folder, indexes, since);
      const index = await writeChunk(this.#folder, { level: level + 1, journal, replaces }, points);
      this.#all = [...this.#all.filter((chunk) => !some.includes(chunk)), held(index)];
      await this.#drop(some);
    }
  }

  /** Drops chunks whose points are all from before this time. */
  async expire(before: number): Promise<void> {
    // The newest journal is known by its chunk.
    const newest = this.newestJournal();
    const old = this.#all.filter(({ to, journal }) => to < before && journal < newest);
    this.#all = this.#all.filter((chunk) => !old.includes(chunk));
    await this.#drop(old);
  }

  async #drop(chunks: readonly Held[]): Promise<void> {
    for (const chunk of chunks) {
      chunk.isGone = true;
      await this.#remove(chunk);
    }
  }

  async #remove(chunk: Held): Promise<void> {
    if (chunk.readers > 0) return;
    this.#indexes.delete(chunk.name);
    await removeChunk(this.#folder, chunk.name);
  }

  #index(name: string): Promise<Index> {
    const index = this.#indexes.get(name) ?? readIndex(this.#folder, name);
    this.#indexes.delete(name);
    this.#indexes.set(name, index);
    index.catch(() => this.#indexes.delete(name));
    for (const oldest of this.#indexes.keys()) {
      if (this.#indexes.size <= INDEXES_KEPT) break;
      this.#indexes.delete(oldest);
    }
    return index;
  }
}

const held = ({ name, level, journal, from, to, replaces }: Facts): Held => ({
  name,
  level,
  journal,
  from,
  to,
  replaces,
  readers: 0,
  isGone: false,
});
