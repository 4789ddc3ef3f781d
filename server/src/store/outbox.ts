// Work that leaves the server, kept as rows until it is done: a message for an endpoint, an event for a target. What is
// put is tried until it succeeds or its time is over, also after a `kill -9`; it may be tried again after one that succeeded.
import type { Clock } from "../core/clock.ts";
import type { Json } from "../core/json.ts";
import { Conflict, type Row, type RowKey, type Rows, type RowWrite } from "./rows/rows.ts";

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

/** Done with, however it went, or to be tried again; `isTry` false when nothing was tried, as where a rate limit waits. */
export type Outcome = "over" | { readonly againAt: number; readonly isTry?: boolean };

export interface OutboxOptions<Item> {
  readonly rows: Rows;
  readonly clock: Clock;
  /** Of its rows, `sns:delivery`. */
  readonly kind: string;
  /** Tries at once, in all and in one lane. */
  readonly width: number;
  readonly laneWidth: number;
  readonly attempt: (attempt: Attempt<Item>, signal: AbortSignal) => Promise<Outcome>;
  /** Told of failures that are ours; the work is tried again. */
  readonly report: (error: unknown) => void;
}

export interface Outbox<Item> {
  /** The row of a piece of work, for the commit of what it comes from. */
  row(entry: Entry<Item>): RowWrite<Json>;
  /** To be called when the rows have been committed; before the start they wait for it. */
  committed(rows: readonly RowWrite<Json>[]): void;
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
    start: () => box.load(),
    close: () => box.close(),
  };
}

interface Lane {
  readonly waiting: RowKey[];
  running: number;
}

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
    const lane = this.#lanes.get(name) ?? { waiting: [], running: 0 };
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
      if (lane.running >= laneWidth) continue;
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
      .catch((error: unknown) => {
        if (!this.#ended.signal.aborted) this.#options.report(error);
        return this.#options.clock.now() + TROUBLE_MS;
      })
      .then((againAt) => {
        lane.running--;
        this.#running.delete(run);
        if (this.#ended.signal.aborted) return;
        if (againAt === undefined) this.#known.delete(`${key.scope}\n${key.name}`);
        else this.#plan(key, name, againAt);
        this.#pump();
      });
    this.#running.add(run);
  }

  /** When it is due again; undefined when it is over. */
  async #step(key: RowKey): Promise<number | undefined> {
    const { rows, attempt } = this.#options;
    const row = await rows.get<Kept<Item>>(key);
    if (row === undefined) return undefined;
    const { scope, name, createdAt, document } = row;
    const { item, tries } = document;
    const outcome = await attempt({ scope, name, item, tries, createdAt }, this.#ended.signal);
    return outcome === "over" ? await this.#remove(row) : await this.#keep(row, outcome);
  }

  async #remove(row: Row<Kept<Item>>): Promise<undefined> {
    await this.#options.rows.commit({ remove: [row] });
  }

  async #keep(row: Row<Kept<Item>>, outcome: Exclude<Outcome, "over">): Promise<number | undefined> {
    const { rows, clock } = this.#options;
    const { version, ...kept } = row;
    const { againAt, isTry = true } = outcome;
    const document = { ...row.document, dueAt: againAt, tries: row.document.tries + (isTry ? 1 : 0) };
    try {
      const put = [{ ...kept, modifiedAt: clock.now(), document }];
      await rows.commit({ expect: [{ key: row, version }], put });
      return againAt;
    } catch (cause) {
      if (!(cause instanceof Conflict)) throw cause;
      // Taken back meanwhile, or put once more by whoever does its own work again.
      return (await rows.get(row)) === undefined ? undefined : againAt;
    }
  }
}
