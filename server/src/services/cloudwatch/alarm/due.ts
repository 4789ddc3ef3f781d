// What is due when: one timer for all.
import type { Clock } from "../../../core/clock.ts";

export class Due {
  readonly #clock: Clock;
  readonly #act: (keys: readonly string[]) => void;
  readonly #times = new Map<string, number>();
  #armed: number | undefined;
  #cancel = () => {};
  #isClosed = false;

  /** `act` is given what has become due. */
  constructor(clock: Clock, act: (keys: readonly string[]) => void) {
    this.#clock = clock;
    this.#act = act;
  }

  set(key: string, at: number): void {
    if (this.#isClosed) return;
    this.#times.set(key, at);
    if (this.#armed === undefined || at < this.#armed) this.#arm();
  }

  remove(key: string): void {
    this.#times.delete(key);
  }

  /** What is being worked on may still say when it is due next. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#times.clear();
  }

  #arm(): void {
    this.#cancel();
    this.#armed = undefined;
    for (const at of this.#times.values()) if (this.#armed === undefined || at < this.#armed) this.#armed = at;
    if (this.#armed !== undefined) this.#cancel = this.#clock.at(this.#armed, () => this.#wake());
  }

  #wake(): void {
    const now = this.#clock.now();
    const keys = [...this.#times].filter(([, at]) => at <= now).map(([key]) => key);
    for (const key of keys) this.#times.delete(key);
    this.#arm();
    this.#act(keys);
  }
}
