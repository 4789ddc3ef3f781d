// Work of stores that is due once a day: dropping what is past its retention.
import type { Clock } from "../core/clock.ts";

const DAY_MS = 86_400_000;

/** Does it once a day, tells of a failure and tries again the next day. The result stops it and waits for one that runs. */
export function everyDay(
  clock: Clock,
  report: (error: unknown) => void,
  act: () => Promise<void>,
): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let cancel = () => {};
  const again = () => {
    cancel = clock.at(clock.now() + DAY_MS, () => {
      running = act().catch(report);
      again();
    });
  };
  again();
  return async () => {
    cancel();
    await running;
  };
}
