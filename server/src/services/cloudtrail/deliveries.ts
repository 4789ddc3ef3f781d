// Trails that log are served again and again.
import { repeatedly } from "../../core/repeating.ts";
import { serveTrail } from "./shared/serving.ts";
import { type Parts, TRAIL, type TrailDocument } from "./shared/trails.ts";

/** Serves every trail once. What one bucket or group refuses, or fails at, keeps the others waiting for nothing. */
export async function deliverAll(parts: Parts, report: (error: unknown) => void): Promise<void> {
  for await (const row of parts.rows.everywhere<TrailDocument>(TRAIL, [])) await serveTrail(parts, row).catch(report);
}

/** Until the result is called, which resolves when nothing runs any more. */
export const startDeliveries = (
  parts: Parts,
  { everySeconds, report }: { readonly everySeconds: number; readonly report: (error: unknown) => void },
): (() => Promise<void>) =>
  repeatedly({ clock: parts.clock, everyMs: everySeconds * 1000, firstMs: everySeconds * 1000, report }, () =>
    deliverAll(parts, report),
  );
