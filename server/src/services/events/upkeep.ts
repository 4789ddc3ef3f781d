// Ids of events that services told of are forgotten after a day: who tells of one again does so sooner.
import { repeatedly } from "../../core/repeating.ts";
import { SEEN } from "./port.ts";
import type { Parts } from "./shared/parts.ts";

const HOUR_MS = 3_600_000;
const KEPT_MS = 24 * HOUR_MS;
const FIRST_MS = 60_000;
/** Rows of one commit. */
const MANY = 500;

/** Forgets what is due now. */
export async function forgetSeen({ rows }: Pick<Parts, "rows">, now: number): Promise<void> {
  let remove: { readonly kind: string; readonly scope: string; readonly name: string }[] = [];
  for await (const row of rows.everywhere(SEEN, [])) {
    if (now - row.createdAt < KEPT_MS) continue;
    remove.push(row);
    if (remove.length < MANY) continue;
    await rows.commit({ remove });
    remove = [];
  }
  if (remove.length > 0) await rows.commit({ remove });
}

/** Does it soon and then every hour, until the result is called. */
export function startUpkeep(parts: Parts): () => Promise<void> {
  const { clock, report } = parts;
  return repeatedly({ clock, everyMs: HOUR_MS, firstMs: FIRST_MS, report }, () => forgetSeen(parts, clock.now()));
}
