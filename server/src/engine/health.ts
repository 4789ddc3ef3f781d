// Asks a container whether it is well: often until the first yes, then at the interval its plan names.
import type { Dial } from "../core/ports.ts";
import { ContainerClient } from "./container-client.ts";
import { ContainerUnreachable } from "./container-exchange.ts";
import type { HealthCheck, ObservedUnit } from "./job-kind.ts";

export type Health = NonNullable<ObservedUnit["health"]>;

const SHORTEST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 250;

export class HealthWatch {
  readonly #check: HealthCheck;
  readonly #now: () => number;
  readonly #changed: () => void;
  readonly #client: ContainerClient;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #waitMs = SHORTEST_WAIT_MS;
  #health: Health;

  /** `changed` is called whenever `health` has turned. */
  constructor(check: HealthCheck, dial: Dial, now: () => number, changed: () => void) {
    this.#check = check;
    this.#now = now;
    this.#changed = changed;
    this.#client = new ContainerClient(dial, 1);
    this.#health = { state: "unknown", since: now(), reason: "not asked yet" };
    this.#askIn(0);
  }

  get health(): Health {
    return this.#health;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#client.close().catch(ignoreEndOfClient);
  }

  #askIn(milliseconds: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#ask().then(
        (problem) => this.#learn(problem),
        (cause: Error) => this.#learn(cause.message),
      );
    }, milliseconds);
    this.#timer.unref();
  }

  /** Undefined when it is well, else why not. */
  async #ask(): Promise<string | undefined> {
    const { path, timeoutMs } = this.#check;
    try {
      const { status } = await this.#client.ask({ method: "GET", path, timeoutMs });
      return status === 200 ? undefined : `GET ${path} answered ${status}`;
    } catch (cause) {
      if (cause instanceof ContainerUnreachable) return `GET ${path}: ${cause.message}`;
      throw cause;
    }
  }

  #learn(problem: string | undefined): void {
    if (this.#isClosed) return;
    const state = problem === undefined ? "passing" : "failing";
    const turned = state !== this.#health.state;
    const since = turned ? this.#now() : this.#health.since;
    this.#health = { state, since, reason: problem ?? "" };
    if (turned) this.#changed();
    if (state === "passing") this.#waitMs = SHORTEST_WAIT_MS;
    else this.#waitMs = Math.min(this.#waitMs * 1.5, LONGEST_WAIT_MS);
    this.#askIn(state === "passing" ? this.#check.intervalMs : this.#waitMs);
  }
}

/** Closing a client cancels its requests; there is nobody left to tell. */
function ignoreEndOfClient(): void {}
