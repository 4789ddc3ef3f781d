// The journals under a folder, opened when used. Only so many stay open; each has at most one file open for writing.
import { mkdir, readdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { newId } from "../../core/ids.ts";
import { createTurns } from "../../core/turns.ts";
import { makeFolder, replaceFile, syncFolder } from "../durable.ts";
import type { Json } from "../rows/rows.ts";
import { Journal } from "./journal.ts";
import { decode, encode } from "./line.ts";

/** What is written down about a journal when it is made: its true name, among others. */
export type Header = Readonly<Record<string, Json>>;

interface Opened {
  readonly journal: Promise<Journal>;
  users: number;
}

const MOST_OPEN = 200;
const HEADER = "header";
const GONE = ".gone-";

export class Journals {
  readonly #now: () => number;
  readonly #mostOpen: number;
  /** The one used longest ago comes first. */
  readonly #opened = new Map<string, Opened>();
  /** Making and removing a folder, of a journal or of several, happen one after the other. */
  readonly #turns = createTurns();

  constructor(now: () => number, mostOpen = MOST_OPEN) {
    this.#now = now;
    this.#mostOpen = mostOpen;
  }

  /** Uses the journal in the folder, made with the header if it is not there. */
  async use<Result>(folder: string, header: () => Header, use: (journal: Journal) => Promise<Result>): Promise<Result> {
    if (!this.#opened.has(folder)) await this.#turns.inTurn(folder, () => this.#make(folder, header));
    return this.#useOpen(folder, use);
  }

  /** Uses the journal in the folder, or resolves to undefined when there is none. */
  async find<Result>(folder: string, use: (journal: Journal) => Promise<Result>): Promise<Result | undefined> {
    if (!this.#opened.has(folder) && (await readHeader(folder)) === undefined) return undefined;
    return this.#useOpen(folder, use);
  }

  async remove(folder: string): Promise<void> {
    await this.#turns.inTurn(folder, async () => {
      const opened = this.#opened.get(folder);
      this.#opened.delete(folder);
      await (await opened?.journal)?.close();
      const gone = join(dirname(folder), `${GONE}${newId()}`);
      if (!(await renamed(folder, gone))) return;
      await syncFolder(dirname(folder));
      await rm(gone, { recursive: true, force: true });
    });
  }

  /** Removes a folder of journals that has none any more; the next journal makes it anew. */
  async removeEmpty(folder: string): Promise<void> {
    await this.#turns.inTurn(folder, async () => {
      await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (!["ENOTEMPTY", "EEXIST", "ENOENT"].includes(error.code ?? "")) throw error;
      });
    });
  }

  async close(): Promise<void> {
    const opened = [...this.#opened.values()];
    this.#opened.clear();
    for (const { journal } of opened) await (await journal).close();
  }

  async #useOpen<Result>(folder: string, use: (journal: Journal) => Promise<Result>): Promise<Result> {
    const opened = this.#opened.get(folder) ?? this.#open(folder);
    this.#opened.delete(folder);
    this.#opened.set(folder, opened);
    opened.users++;
    try {
      return await use(await opened.journal);
    } finally {
      opened.users--;
      await this.#closeSome();
    }
  }

  async #make(folder: string, header: () => Header): Promise<void> {
    if ((await readHeader(folder)) !== undefined) return;
    const above = dirname(folder);
    // The folder above goes when it is empty.
    await this.#turns.inTurn(above, async () => {
      await makeFolder(above);
      await mkdir(folder, { mode: 0o700 }).catch(there);
    });
    await syncFolder(above);
    await replaceFile(join(folder, HEADER), encode(header()));
  }

  #open(folder: string): Opened {
    const opened: Opened = { journal: Journal.open(folder, this.#now), users: 0 };
    opened.journal.catch(() => {
      // Whoever asked hears of it; what is wrong with the folder is looked at again next time.
      if (this.#opened.get(folder) === opened) this.#opened.delete(folder);
    });
    return opened;
  }

  async #closeSome(): Promise<void> {
    for (const [folder, opened] of this.#opened) {
      if (this.#opened.size <= this.#mostOpen) return;
      if (opened.users > 0) continue;
      this.#opened.delete(folder);
      await (await opened.journal).close();
    }
  }
}

/** What was written when the journal was made; undefined when there is none. */
export async function readHeader(folder: string): Promise<Header | undefined> {
  const text = await readFile(join(folder, HEADER), "utf8").catch(absent);
  return text === undefined ? undefined : (decode(text.trimEnd()) as Header | undefined);
}

/** Folders of journals under a folder, by file name. */
export async function journalFolders(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(absent)) ?? [];
  const gone = names.filter((name) => name.startsWith(GONE));
  for (const name of gone) await rm(join(folder, name), { recursive: true, force: true });
  return names.filter((name) => !name.startsWith(GONE)).sort();
}

async function renamed(from: string, to: string): Promise<boolean> {
  return (await rename(from, to).then(() => true, absent)) === true;
}

function there(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}
