// Work that leaves the server, kept as rows until it is done: a message for an endpoint, an event for a target. What is
// put is tried until it succeeds or its time is over, also after a `kill -9`; it may be tried again after one that succeeded.
import type { Clock } from "../core/clock.ts";
import type { Json } from "../core/json.ts";
import { type Change, Conflict, type Row, type RowKey, type Rows, type RowWrite } from "./rows/rows.ts";

/** What is kept of one piece of work. */
interface Kept<Item> {
  /** What is tried a few at a time: an endpoint. */
  readonly lane: string;
  /** Milliseconds since 1970. */
  readonly dueAt: number;
  /** Tries that have failed. */
  readonly tries: number;
  readonly item: Item;
}

export interface Entry<Item> {
  readonly scope: string;
  /** Unique in its scope: the same is kept once. */
  readonly name: string;
  readonly lane: string;
  readonly item: Item;
  /** Now when absent. */
  readonly dueAt?: number;
}

/** A try: how many have failed before, and since when the work is kept. */
export interface Attempt<Item> {
  readonly scope: string;
  readonly name: string;
  readonly item: Item;
  readonly tries: number;
  readonly createdAt: number;
}

/**
 * Done with, however it went; to be tried again; done in part; or not tried, since its lane takes nothing before
 * `turnAt`, as where there is a rate limit. What waits for a turn takes no place of others.
 */
export type Outcome<Item = never> =
  | "over"
  | { readonly againAt: number }
  | { readonly turnAt: number }
  | { readonly part: Part<Item> };

/** What has been made of a piece of work, in one commit with what is left of it. */
export interface Part<Item> {
  readonly put: readonly RowWrite<Json>[];
  /** Tried at once; undefined when nothing is left. */
  readonly left: Item | undefined;
  /** Called when it is kept. */
  committed(): void;
}

export interface OutboxOptions<Item> {
  readonly rows: Rows;
  readonly clock: Clock;
  /** Of its rows, `sns:delivery`. */
  readonly kind: string;
  /** Tries at once, in all and in one lane. */
  readonly width: number;
  readonly laneWidth: number;
  readonly attempt: (attempt: Attempt<Item>, signal: AbortSignal) => Promise<Outcome<Item>>;
  /** Told of failures that are ours; the work is tried again. */
  readonly report: (error: unknown) => void;
}

export interface Outbox<Item> {
  /** The row of a piece of work, for the commit of what it comes from. */
  row(entry: Entry<Item>): RowWrite<Json>;
  /** To be called when the rows have been committed; before the start they wait for it. */
  committed(rows: readonly RowWrite<Json>[]): void;
  /** How many wait for nothing but a place. */
  ready(): number;
  /** Takes up what was left. */
  start(): Promise<void>;
  /** Ends what is under way; it stays kept. */
  close(): Promise<void>;
}

/** After an error of ours. */
const TROUBLE_MS = 30_000;

export function createOutbox<Item>(options: OutboxOptions<Item>): Outbox<Item> {
  const box = new Box(options);
  return {
    row: ({ scope, name, lane, item, dueAt }) => {
      const now = options.clock.now();
      const document = { lane, dueAt: dueAt ?? now, tries: 0, item } as Json;
      return { kind: options.kind, scope, name, status: "Due", createdAt: now, modifiedAt: now, document };
    },
    committed: (rows) => {
      for (const row of rows) if (row.kind === options.kind) box.add(row, row.document as unknown as Kept<Item>);
    },
    ready: () => box.ready(),
    start: () => box.load(),
    close: () => box.close(),
  };
}

interface Lane {
  readonly waiting: RowKey[];
  running: number;
  /** Nothing of it is tried before; milliseconds since 1970. */
  turnAt: number | undefined;
  /** How many at the head of those that wait came back for that. */
  early: number;
}

/** When a piece of work, or all of its lane, is tried again; undefined when it is over. */
type Next = { readonly againAt: number } | { readonly turnAt: number } | undefined;

class Box<Item> {
  readonly #options: OutboxOptions<Item>;
  readonly #lanes = new Map<string, Lane>();
  #isStarted = false;
  /** What is known of, so that nothing runs twice at once. */
  readonly #known = new Set<string>();
  readonly #ended = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(options: OutboxOptions<Item>) {
    this.#options = options;
  }

  async load(): Promise<void> {
    const { rows, kind } = this.#options;
    this.#isStarted = true;
    this.#pump();
    for await (const row of rows.everywhere<Kept<Item>>(kind, [])) this.add(row, row.document);
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#running);
  }

  ready(): number {
    let count = 0;
    for (const { waiting, turnAt } of this.#lanes.values()) if (turnAt === undefined) count += waiting.length;
    return count;
  }

  add({ kind, scope, name }: RowKey, { lane, dueAt }: Pick<Kept<Item>, "lane" | "dueAt">): void {
    const id = `${scope}\n${name}`;
    if (this.#known.has(id)) return;
    this.#known.add(id);
    this.#plan({ kind, scope, name }, lane, dueAt);
  }

  #plan(key: RowKey, lane: string, dueAt: number): void {
    const { clock } = this.#options;
    if (dueAt > clock.now()) clock.at(dueAt, () => this.#ready(key, lane));
    else this.#ready(key, lane);
  }

  #ready(key: RowKey, name: string): void {
    const lane = this.#lanes.get(name) ?? { waiting: [], running: 0, turnAt: undefined, early: 0 };
    this.#lanes.set(name, lane);
    lane.waiting.push(key);
    this.#pump();
  }

  /** One of each lane in turn, so that a slow endpoint with much to come holds nobody up. */
  #pump(): void {
    const { width, laneWidth } = this.#options;
    if (!this.#isStarted) return;
    for (const [name, lane] of this.#lanes) {
      if (this.#running.size >= width || this.#ended.signal.aborted) return;
      if (lane.running >= laneWidth || lane.turnAt !== undefined) continue;
      const key = lane.waiting.shift();
      if (key === undefined) {
        if (lane.running === 0) this.#lanes.delete(name);
        continue;
      }
      // Behind the others now.
      this.#lanes.delete(name);
      this.#lanes.set(name, lane);
      this.#run(key, name, lane);
    }
  }

  #run(key: RowKey, name: string, lane: Lane): void {
    lane.running++;
    const run = this.#step(key)
      .catch((error: unknown): Next => {
        if (!this.#ended.signal.aborted) this.#options.report(error);
        return { againAt: this.#options.clock.now() + TROUBLE_MS };
      })
      .then((next) => {
        lane.running--;
        this.#running.delete(run);
        if (this.#ended.signal.aborted) return;
        if (next === undefined) this.#known.delete(`${key.scope}\n${key.name}`);
        else if ("turnAt" in next) this.#hold(key, lane, next.turnAt);
        else this.#plan(key, name, next.againAt);
        this.#pump();
      });
    this.#running.add(run);
  }

  /** Back before those that it came before, to wait with them. */
  #hold(key: RowKey, lane: Lane, turnAt: number): void {
    lane.waiting.splice(lane.early++, 0, key);
    if (lane.turnAt !== undefined && lane.turnAt >= turnAt) return;
    lane.turnAt = turnAt;
    this.#options.clock.at(turnAt, () => {
      if (lane.turnAt !== turnAt) return;
      lane.turnAt = undefined;
      lane.early = 0;
      this.#pump();
    });
  }

  async #step(key: RowKey): Promise<Next> {
    const { rows, attempt } = this.#options;
    const row = await rows.get<Kept<Item>>(key);
    if (row === undefined) return undefined;
    const { scope, name, createdAt, document } = row;
    const { item, tries } = document;
    const outcome = await attempt({ scope, name, item, tries, createdAt }, this.#ended.signal);
    if (outcome === "over") return await this.#remove(row);
    if ("turnAt" in outcome) return outcome;
    return "part" in outcome ? await this.#keepPart(row, outcome.part) : await this.#keep(row, outcome.againAt);
  }

  async #remove(row: Row<Kept<Item>>): Promise<undefined> {
    await this.#options.rows.commit({ remove: [row] });
  }

  async #keep(row: Row<Kept<Item>>, againAt: number): Promise<Next> {
    const document = { ...row.document, dueAt: againAt, tries: row.document.tries + 1 };
    const isMade = await this.#replace(row, { put: [this.#changed(row, document)] });
    return isMade ? { againAt } : await this.#another(row, againAt);
  }

  async #keepPart(row: Row<Kept<Item>>, { put, left, committed }: Part<Item>): Promise<Next> {
    const now = this.#options.clock.now();
    const change =
      left === undefined
        ? { put, remove: [row] }
        : { put: [this.#changed(row, { ...row.document, dueAt: now, tries: 0, item: left }), ...put] };
    if (!(await this.#replace(row, change))) return await this.#another(row, now);
    committed();
    return left === undefined ? undefined : { againAt: now };
  }

  #changed({ version: _, ...kept }: Row<Kept<Item>>, document: Kept<Item>): RowWrite<Kept<Item>> {
    return { ...kept, modifiedAt: this.#options.clock.now(), document };
  }

  /** Makes the change if the row is as it was read. */
  async #replace(row: Row<Kept<Item>>, change: Change): Promise<boolean> {
    try {
      await this.#options.rows.commit({ ...change, expect: [{ key: row, version: row.version }] });
      return true;
    } catch (cause) {
      if (!(cause instanceof Conflict)) throw cause;
      return false;
    }
  }

  /** Of one that was taken back meanwhile, or put once more by whoever does its own work again. */
  async #another(row: RowKey, againAt: number): Promise<Next> {
    return (await this.#options.rows.get(row)) === undefined ? undefined : { againAt };
  }
}
