// The loop: for each row that is not settled, what is wanted is made so, and the next step is taken. It does not know
// what woke it (a commit, a unit, an activity, a timer), and any step may be repeated. One pass a row at a time.
import { ApiError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { RoleSession } from "../core/ports.ts";
import type { ChangeEvent, Row, RowKey } from "../store/rows/rows.ts";
import { Conflict } from "../store/rows/rows.ts";
import { Activities } from "./activities.ts";
import type { EngineParts } from "./engine.ts";
import type { ActivityContext, JobKind, Observed, Step, WantedActivity, Wants } from "./job-kind.ts";
import { JobFailure } from "./job-kind.ts";
import type { SessionCache } from "./role-sessions.ts";
import { keptFile, keptFolder, placeOf } from "./unit-mounts.ts";
import type { Units } from "./units.ts";

export interface ReconcilerParts extends Pick<EngineParts, "rows" | "series" | "clock" | "log"> {
  /** Milliseconds on the steady scale. */
  readonly steady: () => number;
  readonly units: Units;
  readonly sessions: SessionCache;
}

/** Passes under way at once; keeps the event loop free when ten thousand rows are due. */
const PASSES_AT_ONCE = 16;

const nothing: Wants = { units: [], activities: [] };

/** What the engine keeps of a row between passes. */
interface Job {
  readonly key: RowKey;
  readonly kind: JobKind<unknown>;
  readonly activities: Activities;
  /** The row is from before our start, and has not been looked at since. */
  isRestored: boolean;
  unitIds: ReadonlySet<string>;
  /** The row as last seen, and what it wants: who is woken by a unit or an activity mostly finds the same. */
  seen: { readonly row: Row<unknown>; readonly wants: Wants } | undefined;
  isRunning: boolean;
  isDue: boolean;
  cancelTimer: (() => void) | undefined;
}

export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #kinds: ReadonlyMap<string, JobKind<unknown>>;
  readonly #jobs = new Map<string, Job>();
  readonly #due: Job[] = [];
  #passes = 0;
  #isClosed = false;
  #whenIdle: (() => void) | undefined;

  constructor(kinds: readonly JobKind<unknown>[], parts: ReconcilerParts) {
    this.#parts = parts;
    this.#kinds = new Map(kinds.map((kind) => [kind.kind, kind]));
  }

  knows(kind: string): boolean {
    return this.#kinds.has(kind);
  }

  /** Has a look at the row soon. */
  wake(key: RowKey, isRestored = false): void {
    const kind = this.#kinds.get(key.kind);
    if (!kind || this.#isClosed) return;
    const name = textOf(key);
    const job = this.#jobs.get(name) ?? this.#add(name, key, kind, isRestored);
    if (job.isDue) return;
    job.isDue = true;
    if (!job.isRunning) this.#enqueue(job);
  }

  /** Resolves when no pass is due or under way. */
  async idle(): Promise<void> {
    while (this.#passes > 0 || this.#due.length > 0)
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#due.length = 0;
    for (const job of this.#jobs.values()) {
      job.cancelTimer?.();
      job.activities.converge([]);
    }
    await this.idle();
  }

  /** First reason why a unit of the row waits for capacity. */
  waitingFor(key: RowKey): string | undefined {
    for (const id of this.#jobs.get(textOf(key))?.unitIds ?? []) {
      const reason = this.#parts.units.get(id)?.waitingReason;
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  #add(name: string, key: RowKey, kind: JobKind<unknown>, isRestored: boolean): Job {
    const job: Job = {
      key: { kind: key.kind, scope: key.scope, name: key.name },
      kind,
      activities: new Activities({
        now: this.#parts.steady,
        changed: () => this.wake(key),
        perform: (wanted, signal) => this.#perform(job, wanted, signal),
        failed: ({ name }, cause) =>
          this.#parts.log.error("An activity failed.", { ...job.key, activity: name, cause }),
      }),
      isRestored,
      unitIds: new Set(),
      seen: undefined,
      isRunning: false,
      isDue: false,
      cancelTimer: undefined,
    };
    this.#jobs.set(name, job);
    return job;
  }

  #enqueue(job: Job): void {
    this.#due.push(job);
    if (this.#passes < PASSES_AT_ONCE) this.#work();
  }

  #work(): void {
    this.#passes += 1;
    const next = async () => {
      for (let job = this.#due.shift(); job; job = this.#due.shift()) await this.#run(job);
    };
    const done = () => {
      this.#passes -= 1;
      if (this.#passes === 0) this.#whenIdle?.();
    };
    next().then(done, done);
  }

  async #run(job: Job): Promise<void> {
    job.isRunning = true;
    job.isDue = false;
    try {
      await this.#pass(job);
    } catch (cause) {
      this.#parts.log.error("A row could not be reconciled; it is tried again in a while.", { ...job.key, cause });
      this.#wakeAt(job, this.#parts.steady() + RETRY_MS);
    }
    job.isRunning = false;
    if (job.isDue && !this.#isClosed) this.#enqueue(job);
  }

  /** Steps until there is nothing to do for now. */
  async #pass(job: Job): Promise<void> {
    job.cancelTimer?.();
    job.cancelTimer = undefined;
    let row = await this.#parts.rows.get<unknown>(job.key);
    for (;;) {
      const isOver = !row || job.kind.settled.includes(row.status);
      this.#converge(job, row && !isOver ? wantsOf(job, row) : nothing);
      const observed = observedOf(job, this.#parts.units);
      job.kind.published?.(job.key, row && { row, observed });
      if (!row || isOver) return this.#forget(job);
      const step = job.kind.next(row, observed, this.#parts.clock.now(), this.#parts.steady());
      if (step.do === "wait") {
        if (step.until !== undefined) this.#wakeAt(job, step.until);
        return;
      }
      if (this.#isClosed) return;
      row = await this.#store(row, step);
    }
  }

  #converge(job: Job, wants: Wants): void {
    const [account = "", region = ""] = job.key.scope.split("/");
    const owner = { account, region, changed: () => this.wake(job.key) };
    this.#parts.units.converge(job.unitIds, wants.units, owner, job.isRestored);
    job.isRestored = false;
    job.unitIds = new Set(wants.units.map(({ id }) => id));
    job.activities.converge(wants.activities);
  }

  /** The row as it is after the step; read again when somebody else was faster. */
  async #store(row: Row<unknown>, step: Exclude<Step<unknown>, { do: "wait" }>): Promise<Row<unknown> | undefined> {
    const { rows, clock } = this.#parts;
    const { kind, scope, name, version, ...rest } = row;
    const key = { kind, scope, name };
    const expect = [{ key, version }];
    try {
      if (step.do === "remove") {
        // With what it was: whoever follows the log may come by when the name is another's.
        await rows.commit({ expect, remove: [key], events: [{ ...key, type: "deleted", detail: rest as Json }] });
        return undefined;
      }
      const next = { ...key, ...rest, status: step.status, document: step.document, modifiedAt: clock.now() };
      const events: ChangeEvent[] = (step.events ?? []).map((event) => ({ ...event, ...key }));
      const phase = this.#kinds.get(kind)?.phase;
      if (step.status !== row.status) events.push({ ...key, type: "status", detail: step.status });
      else if (phase && phase(step.document) !== phase(row.document))
        events.push({ ...key, type: "phase", detail: phase(step.document) });
      await rows.commit({ expect, put: [next], events });
      return { ...next, version: version + 1 };
    } catch (cause) {
      if (!(cause instanceof Conflict)) throw cause;
      return rows.get<unknown>(key);
    }
  }

  /** `time`: on the steady scale. */
  #wakeAt(job: Job, time: number): void {
    if (this.#isClosed) return;
    job.cancelTimer?.();
    const { clock, steady } = this.#parts;
    job.cancelTimer = clock.at(clock.now() + time - steady(), () => this.wake(job.key));
  }

  #forget(job: Job): void {
    if (job.isDue) return;
    this.#jobs.delete(textOf(job.key));
  }

  async #perform(job: Job, wanted: WantedActivity, signal: AbortSignal): Promise<unknown> {
    const activity = job.kind.activities[wanted.name];
    const row = await this.#parts.rows.get<unknown>(job.key);
    if (!activity || !row) throw new Error(`${job.key.kind} ${job.key.name} has no activity ${wanted.name}.`);
    return activity(this.#context(job, row, wanted, signal));
  }

  #context(job: Job, row: Row<unknown>, wanted: WantedActivity, signal: AbortSignal): ActivityContext<unknown> {
    const { units, sessions, series, clock } = this.#parts;
    const [account = "", region = ""] = job.key.scope.split("/");
    return {
      row,
      ...(wanted.of === undefined ? {} : { of: wanted.of }),
      signal,
      account,
      region,
      session: (roleArn) => asJobFailure(sessions.session(roleArn)),
      unitFolder: async (id) => units.need(id).folder,
      async unitPlace(id, path) {
        const unit = units.need(id);
        return placeOf(await unit.folder, unit.wanted.mounts ?? [], path);
      },
      keptFile: async (id, name) => keptFile(await units.need(id).folder, name),
      keptFolder: async (id, name) => keptFolder(await units.need(id).folder, name),
      unitOver: async (id) => units.get(id)?.over,
      async dial(id, port) {
        const dial = await units.get(id)?.dial(port);
        if (dial === undefined) throw new JobFailure(`ClientError: The container does not run any more.`);
        return dial;
      },
      note: ({ group, stream }, message) =>
        series.appendLogs({ account, region, group, stream }, [{ timestamp: clock.now(), message }], { sync: false }),
    };
  }
}

/** A pass that failed by our fault is tried again after this long. */
const RETRY_MS = 5_000;

function wantsOf(job: Job, row: Row<unknown>): Wants {
  if (job.seen?.row !== row) job.seen = { row, wants: job.kind.wants(row) };
  return job.seen.wants;
}

const textOf = ({ kind, scope, name }: RowKey): string => `${kind} ${scope} ${name}`;

const observedOf = (job: Job, units: Units): Observed => ({
  unit: (id) => units.observe(id),
  activity: (name, of) => job.activities.observe(name, of),
});

/** A role that cannot be assumed is told to the user. @throws JobFailure */
async function asJobFailure(session: Promise<RoleSession>): Promise<RoleSession> {
  try {
    return await session;
  } catch (cause) {
    if (cause instanceof ApiError) throw new JobFailure(`ClientError: ${cause.message}`, { cause });
    throw cause;
  }
}
