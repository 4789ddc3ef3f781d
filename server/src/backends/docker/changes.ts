// Notices when the phase of a unit changes: the engine's events, and a slow look at all that have not ended, for events that were missed.
import type Dockerode from "dockerode";
import type { UnitState } from "../backend.ts";
import { labels } from "./container.ts";
import type { UnitFolder } from "./unit-folder.ts";

const lookSeconds = 1;

interface Tracked {
  readonly folder: UnitFolder;
  phase: UnitState["phase"];
  looking: boolean;
  again: boolean;
}

interface ChangesParts {
  readonly engine: Dockerode;
  readonly stateOf: (folder: UnitFolder) => Promise<UnitState | undefined>;
  /** Told of looks that failed, unless the unit was removed. */
  readonly report: (error: unknown) => void;
}

export class Changes {
  readonly #parts: ChangesParts;
  readonly #tracked = new Map<string, Tracked>();
  readonly #listeners = new Set<(state: UnitState) => void>();
  readonly #timer: NodeJS.Timeout;
  readonly #closing = new AbortController();
  #listening = false;

  constructor(parts: ChangesParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => {
      for (const one of this.#tracked.values()) this.#lookSoon(one);
      if (this.#tracked.size > 0) void this.#events();
    }, lookSeconds * 1000);
    this.#timer.unref();
  }

  /** Units that have not ended, as far as is known. */
  get running(): readonly UnitFolder[] {
    return [...this.#tracked.values()].map((one) => one.folder);
  }

  has(folder: UnitFolder): boolean {
    return this.#tracked.has(folder.path);
  }

  listen(changed: (state: UnitState) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(changed);
    signal.addEventListener("abort", () => this.#listeners.delete(changed), { once: true });
  }

  track(folder: UnitFolder, phase: UnitState["phase"]): void {
    const tracked: Tracked = { folder, phase, looking: false, again: false };
    this.#tracked.set(folder.path, tracked);
    void this.#events();
    this.#lookSoon(tracked);
  }

  /** To be called when something has happened to a unit that is tracked. */
  look(folder: UnitFolder): void {
    const tracked = this.#tracked.get(folder.path);
    if (tracked) this.#lookSoon(tracked);
  }

  forget(folder: UnitFolder): void {
    this.#tracked.delete(folder.path);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#closing.abort();
    this.#tracked.clear();
    this.#listeners.clear();
  }

  /** Listens until the engine ends it; the timer begins again. */
  async #events(): Promise<void> {
    if (this.#listening || this.#closing.signal.aborted) return;
    this.#listening = true;
    try {
      const filters = JSON.stringify({ type: ["container"], event: ["start", "die", "died"], label: [labels.unit] });
      const abortSignal = this.#closing.signal;
      const stream = await this.#parts.engine.getEvents({ filters, abortSignal } as Dockerode.GetEventsOptions);
      (stream as { socket?: { unref(): void } }).socket?.unref(); // watching keeps no process alive
      for await (const _event of stream) for (const one of this.#tracked.values()) this.#lookSoon(one);
    } catch {
      // The engine is gone, or closed it: looks go on by the timer, and tell of it where it matters.
    } finally {
      this.#listening = false;
    }
  }

  #lookSoon(one: Tracked): void {
    this.#look(one).catch((error: unknown) => {
      if (this.#tracked.get(one.folder.path) === one) this.#parts.report(error);
    });
  }

  async #look(one: Tracked): Promise<void> {
    one.again = true;
    if (one.looking) return;
    one.looking = true;
    try {
      while (one.again) {
        one.again = false;
        const state = await this.#parts.stateOf(one.folder);
        if (!state || state.phase === one.phase || this.#tracked.get(one.folder.path) !== one) continue;
        const isOver = state.phase === "ended" || state.phase === "lost";
        // Between two looks it has started and ended.
        if (isOver && one.phase === "starting" && state.startedAt !== undefined)
          this.#tell({ id: state.id, phase: "running", startedAt: state.startedAt });
        one.phase = state.phase;
        if (isOver) this.forget(one.folder);
        this.#tell(state);
      }
    } finally {
      one.looking = false;
    }
  }

  #tell(state: UnitState): void {
    for (const changed of this.#listeners) changed(state);
  }
}
