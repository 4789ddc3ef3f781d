// Lines that have outlived their group's retention are dropped, once a day; readers do not see them any more before.
import type { Clock } from "../../core/clock.ts";
import { repeatedly } from "../../core/repeating.ts";
import { GROUP, type GroupSettings, type Parts, retainedSince } from "./shared/groups.ts";

const DAY_MS = 86_400_000;
/** After the start, so that a server that never runs for a day drops lines too. */
const FIRST_MS = 60_000;

/** Drops what is due now. The store drops whole segments, a day's lines each. */
export async function dropExpired({ rows, series }: Parts, now: number): Promise<void> {
  for await (const { scope, name, document } of rows.everywhere<GroupSettings>(GROUP, [])) {
    if (document.retentionDays === undefined) continue;
    const [account = "", region = ""] = scope.split("/");
    await series.expireLogs({ account, region, group: name }, retainedSince(document, now));
  }
}

/** Drops soon and then every day, until the result is called, which resolves when nothing runs any more. */
export function startRetention(
  parts: Parts & { readonly clock: Clock; readonly report: (error: unknown) => void },
): () => Promise<void> {
  const { clock, report } = parts;
  return repeatedly({ clock, everyMs: DAY_MS, firstMs: FIRST_MS, report }, () => dropExpired(parts, clock.now()));
}
