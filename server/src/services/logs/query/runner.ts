// Queries at work: a few run at a time, in slices that leave the event loop to others, the rest wait. A query is a row from
// the moment its caller hears of it, so that one that was not ended when the server died is run again after its start.
import type { Clock } from "../../../core/clock.ts";
import { newRequestId } from "../../../core/ids.ts";
import { repeatedly } from "../../../core/repeating.ts";
import { Conflict, type Rows } from "../../../store/rows/rows.ts";
import type { Series } from "../../../store/series/series.ts";
import { limitExceeded } from "../errors.ts";
import { type GroupSettings, groupKey, type Place, retainedSince, scopeOf } from "../shared/groups.ts";
import { Slice } from "../shared/slice.ts";
import { compilePipeline, type Pipeline } from "./evaluate/pipeline.ts";
import { EventRecord } from "./evaluate/record.ts";
import { QueryFailure } from "./evaluate/stage.ts";
import { parseQuery } from "./language/parse.ts";
import {
  ENDED,
  type Ended,
  type Found,
  QUERY,
  type QueryDocument,
  type QueryRow,
  resultKey,
  resultRows,
  type Statistics,
  type Status,
  withinAnswer,
} from "./model.ts";
import { scanEvents } from "./scan.ts";

/** CloudWatch Logs quotas: queries of an account and region that have not ended. */
const MAX_UNENDED = 30;
/** The machine's share: more at once would only be slower each. */
const AT_ONCE = 2;
/** User guide, quotas: "Query execution timeout" and "Query results availability". */
const TIMEOUT_MS = 15 * 60_000;
const KEPT_MS = 7 * 86_400_000;
const SWEEP_MS = 3_600_000;
/** What is found so far is worked out again when so many times has passed what that took: who asks on and on holds up nobody. */
const REST = 20;

interface Active {
  readonly row: QueryRow;
  readonly stop: AbortController;
  status: Status;
  /** Its end is decided, and is being stored. */
  isOver: boolean;
  /** Resolves when the end is stored. */
  readonly ended: Promise<void>;
  statistics: Statistics;
  pipeline: Pipeline | undefined;
  soFar: { readonly found: Found; readonly until: number } | undefined;
}

const NOTHING: Statistics = { recordsMatched: 0, recordsScanned: 0, bytesScanned: 0, logGroupsScanned: 0 };

export interface QueryParts {
  readonly rows: Rows;
  readonly series: Series;
  readonly clock: Clock;
  readonly report: (error: unknown) => void;
}

/** Where a query stands and what it found. */
export interface QueryState {
  readonly row: QueryRow;
  readonly status: Status;
  readonly statistics: Statistics;
}

export class Queries {
  readonly #parts: QueryParts;
  readonly #active = new Map<string, Active>();
  #waiting: (() => void)[] = [];
  #running = 0;
  #isClosed = false;

  constructor(parts: QueryParts) {
    this.#parts = parts;
  }

  /** @throws ApiError LimitExceeded */
  async start(place: Place, document: QueryDocument): Promise<string> {
    const scope = scopeOf(place);
    const unended = [...this.#active.values()].filter(({ row }) => row.scope === scope).length;
    if (unended >= MAX_UNENDED) {
      throw limitExceeded(`Account maximum query concurrency limit of [${MAX_UNENDED}] reached.`);
    }
    const now = this.#parts.clock.now();
    const key = { kind: QUERY, scope, name: newRequestId() };
    const row = { ...key, status: "Scheduled", createdAt: now, modifiedAt: now, document, version: 1 };
    await this.#parts.rows.commit({ expect: [{ key, version: "absent" }], put: [row] });
    this.#begin(row);
    return row.name;
  }

  async find(place: Place, id: string): Promise<QueryState | undefined> {
    const scope = scopeOf(place);
    const active = this.#active.get(`${scope}/${id}`);
    if (active) return active;
    const row = await this.#parts.rows.get<QueryDocument>({ kind: QUERY, scope, name: id });
    return row && this.now(row);
  }

  /** As it is now, where it has not ended. */
  now(row: QueryRow): QueryState {
    const active = this.#active.get(`${row.scope}/${row.name}`);
    return active ?? { row, status: row.status as Status, statistics: row.document.statistics ?? NOTHING };
  }

  /** What is found: everything when the query has ended, else what there is so far. */
  async found({ row }: QueryState): Promise<Found> {
    const active = this.#active.get(`${row.scope}/${row.name}`);
    if (active) return foundSoFar(active);
    const count = row.document.resultRows ?? 0;
    const keys = Array.from({ length: count }, (_, number) => resultKey(row, number));
    return (await this.#parts.rows.getMany<Found>(keys)).flatMap((one) => one?.document ?? []);
  }

  /** Whether the query was still at work; it has ended when this resolves. */
  async stop(place: Place, id: string): Promise<boolean> {
    const active = this.#active.get(`${scopeOf(place)}/${id}`);
    if (!active) return false;
    const isStopped = !active.isOver && !active.stop.signal.aborted;
    active.stop.abort("Cancelled");
    for (const wake of this.#waiting.splice(0)) wake();
    await active.ended;
    return isStopped;
  }

  /** Goes on with what was not ended, and drops old results, until the result is called. */
  async run(): Promise<() => Promise<void>> {
    const { clock, report, rows } = this.#parts;
    for await (const row of rows.everywhere<QueryDocument>(QUERY, ENDED)) this.#begin(row);
    const stopSweeping = repeatedly({ clock, everyMs: SWEEP_MS, firstMs: SWEEP_MS, report }, () => this.#sweep());
    return async () => {
      this.#isClosed = true;
      await stopSweeping();
      for (const { stop } of this.#active.values()) stop.abort("closed");
      for (const wake of this.#waiting.splice(0)) wake();
      await Promise.all([...this.#active.values()].map(({ ended }) => ended));
    };
  }

  #begin(row: QueryRow): void {
    const name = `${row.scope}/${row.name}`;
    const stop = new AbortController();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const active: Active = {
      row,
      stop,
      status: "Scheduled",
      isOver: false,
      statistics: NOTHING,
      pipeline: undefined,
      soFar: undefined,
      ended,
    };
    this.#active.set(name, active);
    void this.#work(active)
      .catch(this.#parts.report)
      .finally(() => {
        this.#active.delete(name);
        resolve();
      });
  }

  async #work(active: Active): Promise<void> {
    while (this.#running >= AT_ONCE && !active.stop.signal.aborted) {
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
    const since = performance.now();
    this.#running++;
    let status: Ended;
    try {
      active.status = "Running";
      status = await this.#scan(active, since);
    } catch (cause) {
      if (!(cause instanceof QueryFailure)) this.#parts.report(cause);
      status = "Failed";
    } finally {
      active.isOver = true;
      this.#running--;
      for (const wake of this.#waiting.splice(0)) wake();
    }
    // A server that stops goes on with the query after its next start.
    if (this.#isClosed && status === "Cancelled") return;
    await this.#end(active, status, performance.now() - since);
  }

  async #scan(active: Active, since: number): Promise<Ended> {
    const { series } = this.#parts;
    const { document } = active.row;
    const { signal } = active.stop;
    const pipeline = compilePipeline(parseQuery(document.queryString), document.limit);
    active.pipeline = pipeline;
    const range = await this.#rangeOf(active.row);
    active.statistics = { ...NOTHING, logGroupsScanned: range.groups.length };
    const slice = new Slice();
    for await (const { place, events } of scanEvents(series, range)) {
      let { recordsMatched, recordsScanned, bytesScanned } = active.statistics;
      for (const event of events) {
        if (pipeline.take(new EventRecord(event, place))) recordsMatched++;
        recordsScanned++;
        bytesScanned += Buffer.byteLength(event.message);
        if (!slice.isOver) continue;
        await slice.end();
        if (signal.aborted) return "Cancelled";
        if (performance.now() - since > TIMEOUT_MS) return "Timeout";
      }
      active.statistics = { ...active.statistics, recordsMatched, recordsScanned, bytesScanned };
      if (signal.aborted) return "Cancelled";
    }
    return signal.aborted ? "Cancelled" : "Complete";
  }

  async #rangeOf({ scope, document }: QueryRow) {
    const [account = "", region = ""] = scope.split("/");
    const now = this.#parts.clock.now();
    const keys = document.groups.map((group) => groupKey({ account, region }, group));
    const settings = await this.#parts.rows.getMany<GroupSettings>(keys);
    const groups = document.groups.map((group, index) => ({
      group,
      since: retainedSince(settings[index]?.document, now),
    }));
    return { account, region, groups, startTime: document.startTime * 1000, endTime: document.endTime * 1000 + 1000 };
  }

  async #end(active: Active, status: Ended, durationMs: number): Promise<void> {
    const { row, statistics } = active;
    const now = this.#parts.clock.now();
    let ended = status;
    let found: Found = [];
    try {
      if (ended !== "Failed") found = withinAnswer(active.pipeline?.rows() ?? []);
    } catch (cause) {
      if (!(cause instanceof QueryFailure)) this.#parts.report(cause);
      ended = "Failed";
    }
    const results = resultRows(row, found, now);
    const document = { ...row.document, statistics, durationMs: Math.round(durationMs), resultRows: results.length };
    const { kind, scope, name, version } = row;
    try {
      await this.#parts.rows.commit({
        expect: [{ key: { kind, scope, name }, version }],
        put: [{ ...row, status: ended, modifiedAt: now, document }, ...results],
      });
    } catch (cause) {
      // Whoever changed the row meanwhile has removed it.
      if (!(cause instanceof Conflict)) throw cause;
    }
  }

  async #sweep(): Promise<void> {
    const { rows, clock } = this.#parts;
    for await (const row of rows.everywhere<QueryDocument>(QUERY, [])) {
      if (row.createdAt > clock.now() - KEPT_MS || this.#active.has(`${row.scope}/${row.name}`)) continue;
      const count = row.document.resultRows ?? 0;
      const { kind, scope, name } = row;
      const results = Array.from({ length: count }, (_, number) => resultKey(row, number));
      await rows.commit({ remove: [{ kind, scope, name }, ...results] });
    }
  }
}

function foundSoFar(active: Active): Found {
  const before = performance.now();
  if (active.soFar && before < active.soFar.until) return active.soFar.found;
  const found = rowsSoFar(active);
  const after = performance.now();
  active.soFar = { found, until: after + REST * (after - before) };
  return found;
}

function rowsSoFar({ pipeline }: Active): Found {
  try {
    return withinAnswer(pipeline?.rows() ?? []);
  } catch (cause) {
    // The query fails for it by itself.
    if (cause instanceof QueryFailure) return [];
    throw cause;
  }
}
