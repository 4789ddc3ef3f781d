// Work of stores that is due once a day: dropping what is past its retention.
import type { Clock } from "../core/clock.ts";
import { repeatedly } from "../core/repeating.ts";

const DAY_MS = 86_400_000;

/** Does it once a day, tells of a failure and tries again the next day. The result stops it and waits for one that runs. */
export const everyDay = (
  clock: Clock,
  report: (error: unknown) => void,
  act: () => Promise<void>,
): (() => Promise<void>) => repeatedly({ clock, everyMs: DAY_MS, firstMs: DAY_MS, report }, act);
