// Work on many lines in slices: others have their turn once the event loop was held for a while.
import { setImmediate } from "node:timers/promises";

/** How long it is held at most. */
const SLICE_MS = 5;

export class Slice {
  #since = performance.now();

  /** To be asked with each piece of work. */
  get isOver(): boolean {
    return performance.now() - this.#since >= SLICE_MS;
  }

  /** Lets others have their turn; then the next slice begins. */
  async end(): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
  }
}
