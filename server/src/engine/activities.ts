// Long work of one row: begins what is wanted, aborts what no longer is, keeps outcomes for as long as they are wanted.
import { isUsersFault } from "./fault.ts";
import type { ObservedActivity, WantedActivity } from "./job-kind.ts";
import { JobFailure } from "./job-kind.ts";

const idle: ObservedActivity = { state: "idle" };

interface Running {
  readonly abort: AbortController;
  state: ObservedActivity;
}

export interface ActivityParts {
  readonly now: () => number;
  /** Runs one activity to its result. */
  readonly perform: (wanted: WantedActivity, signal: AbortSignal) => Promise<unknown>;
  /** Called when one has ended. */
  readonly changed: () => void;
  /** Told of errors that are not the user's. */
  readonly failed: (wanted: WantedActivity, cause: unknown) => void;
}

export class Activities {
  readonly #parts: ActivityParts;
  readonly #running = new Map<string, Running>();

  constructor(parts: ActivityParts) {
    this.#parts = parts;
  }

  converge(wanted: readonly WantedActivity[]): void {
    const keys = new Set(wanted.map(keyOf));
    for (const [key, { abort }] of this.#running) {
      if (keys.has(key)) continue;
      abort.abort();
      this.#running.delete(key);
    }
    for (const activity of wanted) if (!this.#running.has(keyOf(activity))) this.#begin(activity);
  }

  observe(name: string, of?: string): ObservedActivity {
    return this.#running.get(keyOf(of === undefined ? { name } : { name, of }))?.state ?? idle;
  }

  #begin(wanted: WantedActivity): void {
    const abort = new AbortController();
    const running: Running = { abort, state: { state: "running", startedAt: this.#parts.now() } };
    this.#running.set(keyOf(wanted), running);
    const end = (state: ObservedActivity) => {
      if (abort.signal.aborted) return;
      running.state = state;
      this.#parts.changed();
    };
    this.#parts.perform(wanted, abort.signal).then(
      (result) => end({ state: "done", result }),
      (cause: unknown) => {
        const reason = reasonOf(cause);
        if (reason === undefined && !abort.signal.aborted) this.#parts.failed(wanted, cause);
        end({ state: "failed", reason: reason ?? `InternalServerError: ${(cause as Error).message}` });
      },
    );
  }
}

const keyOf = ({ name, of = "" }: WantedActivity): string => `${name} ${of}`;

/** What the user is told word for word; undefined when the error is ours. */
function reasonOf(cause: unknown): string | undefined {
  if (cause instanceof JobFailure) return cause.message;
  return isUsersFault(cause) ? `ClientError: ${(cause as Error).message}` : undefined;
}
