// Those who want to hear of new entries in the change log, and how long the log is kept.
import { AsyncResource } from "node:async_hooks";

export class Watchers {
  readonly #callbacks = new Set<() => void>();
  #waking: NodeJS.Immediate | undefined;

  add(changed: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    // A function of its own, so that one may watch twice under two signals, in the context of who watches: what it does
    // is not done in the name of the call that made the commit.
    const callback = AsyncResource.bind(() => changed());
    this.#callbacks.add(callback);
    signal.addEventListener("abort", () => this.#callbacks.delete(callback), { once: true });
  }

  /** After what is due now: whoever made the commit is answered before others begin to work on it. */
  wake(): void {
    this.#waking ??= setImmediate(() => {
      this.#waking = undefined;
      for (const callback of this.#callbacks) callback();
    });
  }
}

const DAY_MS = 86_400_000;
const LOG_KEPT_MS = 90 * DAY_MS;
const TRIM_EVERY_MS = DAY_MS / 4;

/** Says now and then that the log is to be trimmed, and from which time on it is kept. */
export function createTrimming(): (now: number) => number | undefined {
  let trimmedAt = Number.NEGATIVE_INFINITY;
  return (now) => {
    if (now - trimmedAt < TRIM_EVERY_MS) return undefined;
    trimmedAt = now;
    return now - LOG_KEPT_MS;
  };
}
