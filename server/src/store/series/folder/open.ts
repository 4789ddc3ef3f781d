// Series in a folder that belongs to this process alone.
import { join } from "node:path";
import type { Clock } from "../../../core/clock.ts";
import { everyDay } from "../../daily.ts";
import { makeFolder } from "../../durable.ts";
import { Journals } from "../../journal/journals.ts";
import type { Series } from "../series.ts";
import { createLogs } from "./logs.ts";
import { openMetrics } from "./metrics.ts";

export interface FolderSeriesOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Told when dropping old points in the background fails; it is tried again a day later. */
  readonly report: (error: unknown) => void;
}

const DAY_MS = 86_400_000;
/** CloudWatch keeps points for fifteen months ("Metrics retention" in its user guide). */
const POINTS_KEPT_MS = 455 * DAY_MS;

export async function openFolderSeries({ folder, clock, report }: FolderSeriesOptions): Promise<Series> {
  await makeFolder(folder);
  const now = () => clock.now();
  const journals = new Journals(now);
  const metrics = await openMetrics({ folder: join(folder, "metrics"), now, keptMs: POINTS_KEPT_MS, report });
  const { expire, close, ...doors } = metrics;
  const stopExpiring = everyDay(clock, report, expire);
  return {
    ...createLogs(join(folder, "logs"), journals, now),
    ...doors,
    async close() {
      await stopExpiring();
      await close();
      await journals.close();
    },
  };
}
