// Where the crash test's writer writes and its judge looks.
import { join } from "node:path";
import { type MetricSeries, openMetrics } from "./series/folder/metrics.ts";
import type { MetricKey, MetricPoint } from "./series/series.ts";

export const THING = { kind: "s3:object", scope: "bucket" };
export const CHANGED = { kind: "iam:role", scope: "123456789012" };
export const STREAM = { account: "a", region: "r", group: "/aws/sagemaker/TrainingJobs", stream: "job/algo-1" };

/** Of points that count their own time. */
export const POINTS_KEPT = 200;

export const metricOf = (name: string): MetricKey => ({
  account: "a",
  region: "r",
  namespace: "n",
  name,
  dimensions: {},
});

export const aPoint = (name: string, timestamp: number): MetricPoint => ({
  ...metricOf(name),
  timestamp,
  value: timestamp,
});

/** Metrics beside the store's own whose points pass soon. */
export function openPassing(folder: string, now: () => number): Promise<MetricSeries> {
  const report = (error: unknown): never => {
    throw error;
  };
  return openMetrics({ folder: join(folder, "passing"), now, keptMs: POINTS_KEPT, report, chunkPoints: 100 });
}

/** What a thing of this name holds: every other one is small, the rest have files. */
export const contentsOf = (name: string): string => name.repeat(/[02468]$/.test(name) ? 10 : 10_000);
