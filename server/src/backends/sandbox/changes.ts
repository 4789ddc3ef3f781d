// Notices when the phase of a unit changes: inotify on its folder, and a slow look for supervisors that died without a word.
import { type FSWatcher, watch } from "node:fs";
import type { UnitState } from "../backend.ts";
import type { UnitFolder } from "./unit-folder.ts";

const lookSeconds = 1;

interface Tracked {
  readonly folder: UnitFolder;
  readonly watcher: FSWatcher;
  phase: UnitState["phase"];
  looking: boolean;
  again: boolean;
}

export class Changes {
  readonly #stateOf: (folder: UnitFolder) => Promise<UnitState | undefined>;
  readonly #tracked = new Map<string, Tracked>();
  readonly #listeners = new Set<(state: UnitState) => void>();
  readonly #timer: NodeJS.Timeout;
  readonly #report: (error: unknown) => void;

  /** `report` is told of looks that failed. */
  constructor(stateOf: (folder: UnitFolder) => Promise<UnitState | undefined>, report: (error: unknown) => void) {
    this.#stateOf = stateOf;
    this.#report = report;
    this.#timer = setInterval(() => {
      for (const one of this.#tracked.values()) this.#lookSoon(one);
    }, lookSeconds * 1000);
    this.#timer.unref();
  }

  /** Units that have not ended, as far as is known. */
  get running(): readonly UnitFolder[] {
    return [...this.#tracked.values()].map((one) => one.folder);
  }

  listen(changed: (state: UnitState) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(changed);
    signal.addEventListener("abort", () => this.#listeners.delete(changed), { once: true });
  }

  track(folder: UnitFolder, phase: UnitState["phase"]): void {
    this.forget(folder);
    const watcher = watch(folder.path, { persistent: false }, (_event, name) => {
      if (name === "status" || name === "ended") this.#lookSoon(tracked);
    });
    const tracked: Tracked = { folder, watcher, phase, looking: false, again: false };
    this.#tracked.set(folder.path, tracked);
    this.#lookSoon(tracked);
  }

  forget(folder: UnitFolder): void {
    this.#tracked.get(folder.path)?.watcher.close();
    this.#tracked.delete(folder.path);
  }

  /** Waits until the unit, which is tracked, is past `starting`. */
  async settled(folder: UnitFolder): Promise<UnitState | undefined> {
    const waiting = new AbortController();
    // Watching keeps no process alive; whoever waits for an answer gets it.
    const alive = setInterval(() => undefined, lookSeconds * 1000);
    try {
      return await new Promise((resolve, reject) => {
        const look = () =>
          this.#stateOf(folder).then((state) => {
            if (state?.phase !== "starting") resolve(state);
          }, reject);
        this.listen(() => void look(), waiting.signal);
        void look();
      });
    } finally {
      clearInterval(alive);
      waiting.abort();
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const one of this.#tracked.values()) one.watcher.close();
    this.#tracked.clear();
    this.#listeners.clear();
  }

  /** Nobody waits for it: a look that fails is told of and made again with the next one, unless the unit was removed. */
  #lookSoon(one: Tracked): void {
    this.#look(one).catch((error: unknown) => {
      if (this.#tracked.get(one.folder.path) === one) this.#report(error);
    });
  }

  async #look(one: Tracked): Promise<void> {
    one.again = true;
    if (one.looking) return;
    one.looking = true;
    try {
      while (one.again) {
        one.again = false;
        const state = await this.#stateOf(one.folder);
        if (!state || state.phase === one.phase || this.#tracked.get(one.folder.path) !== one) continue;
        one.phase = state.phase;
        if (state.phase === "lost") one.folder.killRest();
        if (state.phase === "ended" || state.phase === "lost") this.forget(one.folder);
        for (const changed of this.#listeners) changed(state);
      }
    } finally {
      one.looking = false;
    }
  }
}
