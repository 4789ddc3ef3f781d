// Work of stores that is due once a day: dropping what is past its retention.
import type { Clock } from "../core/clock.ts";
import { repeatedly } from "../core/repeating.ts";

const DAY_MS = 86_400_000;
/** After the start, so that a server that never runs for a day does it too. */
const FIRST_MS = 60_000;

/** Does it soon and then once a day, tells of a failure and tries again a day later. The result stops it and waits for one that runs. */
export const everyDay = (
  clock: Clock,
  report: (error: unknown) => void,
  act: () => Promise<void>,
): (() => Promise<void>) => repeatedly({ clock, everyMs: DAY_MS, firstMs: FIRST_MS, report }, act);
