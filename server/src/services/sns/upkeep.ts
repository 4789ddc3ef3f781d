// Subscriptions that nobody consented to, and those that were ended by a link, are forgotten after two days (SNS developer
// guide, "Confirm the subscription": unconfirmed ones are deleted after 48 hours).
import { repeatedly } from "../../core/repeating.ts";
import { Conflict } from "../../store/rows/rows.ts";
import { ENDED } from "./shared/confirmation.ts";
import type { Parts } from "./shared/parts.ts";
import { SUBSCRIPTION } from "./shared/subscriptions.ts";

const HOUR_MS = 3_600_000;
const KEPT_MS = 48 * HOUR_MS;
/** After the start, so that a server that never runs for an hour does it too. */
const FIRST_MS = 60_000;

/** Forgets what is due now. */
export async function forgetOld({ rows }: Parts, now: number): Promise<void> {
  for (const [kind, unless] of [
    [SUBSCRIPTION, "Confirmed"],
    [ENDED, ""],
  ] as const) {
    for await (const row of rows.everywhere(kind, [unless])) {
      if (now - row.modifiedAt < KEPT_MS) continue;
      try {
        await rows.commit({ expect: [{ key: row, version: row.version }], remove: [row] });
      } catch (cause) {
        // Confirmed meanwhile.
        if (!(cause instanceof Conflict)) throw cause;
      }
    }
  }
}

/** Does it soon and then every hour, until the result is called. */
export function startUpkeep(parts: Parts): () => Promise<void> {
  const { clock, report } = parts;
  return repeatedly({ clock, everyMs: HOUR_MS, firstMs: FIRST_MS, report }, () => forgetOld(parts, clock.now()));
}
