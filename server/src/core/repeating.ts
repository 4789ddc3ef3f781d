// Work that is due again and again: dropping what is past its retention, rotating keys.
import type { Clock } from "./clock.ts";

export interface Repetition {
  readonly clock: Clock;
  readonly everyMs: number;
  /** Until the first time, counted from now; shorter where a server that never runs for long has to do it too. */
  readonly firstMs: number;
  /** Told when it failed; it is tried again the next time. */
  readonly report: (error: unknown) => void;
}

/** Does it until the result is called, which resolves when nothing runs any more. */
export function repeatedly(
  { clock, everyMs, firstMs, report }: Repetition,
  act: () => Promise<unknown>,
): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  let cancel = () => {};
  const arm = (delayMs: number) => {
    cancel = clock.at(clock.now() + delayMs, () => {
      running = act().catch(report);
      arm(everyMs);
    });
  };
  arm(firstMs);
  return async () => {
    cancel();
    await running;
  };
}
