// What is known of the streams of a group, in memory: read from their journals when a group is first asked for, and
// anew for those that were written to since. A list does not look at every stream's files.
import { join } from "node:path";
import { type Journals, journalFolders, readHeader } from "../../journal/journals.ts";
import type { LogStreamFacts } from "../series.ts";

interface Group {
  /** By folder. */
  readonly streams: Map<string, LogStreamFacts>;
  readonly changed: Set<string>;
  /** The last refresh; they happen one after another. */
  turn: Promise<unknown>;
  /** Folders of the streams by the names of these, until one comes or goes. */
  sorted: readonly string[] | undefined;
}

/** Groups whose streams are kept; the one asked for longest ago is forgotten. */
const MOST_GROUPS = 500;

export class StreamIndex {
  readonly #journals: Journals;
  readonly #groups = new Map<string, Group>();

  constructor(journals: Journals) {
    this.#journals = journals;
  }

  /** To be called when a stream has been made or written to, before anybody hears of it. */
  changed(groupFolder: string, streamFolder: string): void {
    this.#groups.get(groupFolder)?.changed.add(streamFolder);
  }

  /** To be called when a stream has been removed. It is forgotten soon: nobody may ask for the group again. */
  removed(groupFolder: string, streamFolder: string): void {
    this.changed(groupFolder, streamFolder);
    const group = this.#groups.get(groupFolder);
    if (group) group.turn = group.turn.then(() => this.#look(group, streamFolder)).catch(() => {});
  }

  /** Every known stream of the group may have changed. */
  allChanged(groupFolder: string): void {
    const group = this.#groups.get(groupFolder);
    for (const folder of group?.streams.keys() ?? []) group?.changed.add(folder);
  }

  /** By name. */
  async of(groupFolder: string): Promise<readonly LogStreamFacts[]> {
    const group = this.#groups.get(groupFolder) ?? this.#load(groupFolder);
    this.#groups.delete(groupFolder);
    this.#groups.set(groupFolder, group);
    const turn = group.turn.then(() => this.#refresh(group));
    group.turn = turn.catch(() => {});
    await turn;
    group.sorted ??= [...group.streams]
      .sort(([, one], [, other]) => (one.stream < other.stream ? -1 : 1))
      .map(([folder]) => folder);
    return group.sorted.map((folder) => group.streams.get(folder) as LogStreamFacts);
  }

  #load(groupFolder: string): Group {
    const group: Group = { streams: new Map(), changed: new Set(), turn: Promise.resolve(), sorted: undefined };
    // Whatever fails is tried again by the next who asks.
    group.turn = journalFolders(groupFolder).then(
      (names) => {
        for (const name of names) group.changed.add(join(groupFolder, name));
      },
      () => this.#groups.delete(groupFolder),
    );
    for (const [oldest] of this.#groups) if (this.#groups.size >= MOST_GROUPS) this.#groups.delete(oldest);
    return group;
  }

  async #refresh(group: Group): Promise<void> {
    for (const folder of [...group.changed]) await this.#look(group, folder);
  }

  async #look(group: Group, folder: string): Promise<void> {
    group.changed.delete(folder);
    try {
      const facts = await this.#factsOf(folder);
      if (group.streams.has(folder) !== (facts !== undefined)) group.sorted = undefined;
      if (facts) group.streams.set(folder, facts);
      else group.streams.delete(folder);
    } catch (error) {
      group.changed.add(folder);
      throw error;
    }
  }

  async #factsOf(folder: string): Promise<LogStreamFacts | undefined> {
    const header = await readHeader(folder);
    const stream = header?.["stream"];
    if (typeof stream !== "string") return undefined;
    return this.#journals.find(folder, async (journal) => {
      const { firstAt, lastAt, lastWrittenAt, sizeBytes, entries } = journal.facts();
      return {
        stream,
        createdAt: Number(header?.["createdAt"]),
        ...(firstAt === undefined ? {} : { firstEventAt: firstAt }),
        ...(lastAt === undefined ? {} : { lastEventAt: lastAt }),
        ...(lastWrittenAt === undefined || entries === 0 ? {} : { lastIngestionAt: lastWrittenAt }),
        storedBytes: sizeBytes,
        events: entries,
      };
    });
  }
}
