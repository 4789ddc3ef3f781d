// Series in a folder that belongs to this process alone.
import { join } from "node:path";
import type { Clock } from "../../../core/clock.ts";
import { everyDay } from "../../daily.ts";
import { makeFolder } from "../../durable.ts";
import { Journals } from "../../journal/journals.ts";
import type { Series } from "../series.ts";
import { createLogs } from "./logs.ts";
import { createMetrics } from "./metrics.ts";

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
  const { expire, ...metrics } = createMetrics(join(folder, "metrics"), journals);
  const stopExpiring = everyDay(clock, report, () => expire(now() - POINTS_KEPT_MS));
  return {
    ...createLogs(join(folder, "logs"), journals, now),
    ...metrics,
    async close() {
      await stopExpiring();
      await journals.close();
    },
  };
}
