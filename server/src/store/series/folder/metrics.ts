// Metric points: a catalogue that numbers the metrics, and their points by number.
import { join } from "node:path";
import { makeFolder } from "../../durable.ts";
import { Journal } from "../../journal/journal.ts";
import type { MetricKey, MetricPoint, Series } from "../series.ts";
import { takeOver } from "./earlier-metrics.ts";
import { Catalogue } from "./points/catalogue.ts";
import { Points, type StoredOf } from "./points/points.ts";
import type { Stored } from "./points/table.ts";

export type MetricSeries = Pick<Series, "putMetrics" | "readMetrics" | "listMetrics"> & {
  /** Drops whole chunks of points that are older than they are kept, and forgets metrics that have no others. */
  expire(): Promise<void>;
  close(): Promise<void>;
};

export interface MetricsOptions {
  readonly folder: string;
  readonly now: () => number;
  readonly keptMs: number;
  readonly report: (error: unknown) => void;
  readonly chunkPoints?: number;
}

export async function openMetrics(options: MetricsOptions): Promise<MetricSeries> {
  const { folder, now, keptMs } = options;
  const names = join(folder, "catalogue");
  await makeFolder(names);
  const catalogue = await Catalogue.open(await Journal.open(names, now));
  const points = await Points.open({ ...options, keptSince: () => now() - keptMs }, (id, at) => catalogue.see(id, at));
  const metrics: MetricSeries = {
    async putMetrics(all, { sync }) {
      if (all.length === 0) return;
      const numbers = await catalogue.numbersFor(all);
      const stored = all.map((point, at): StoredOf => [numbers[at] as number, storedOf(point)]);
      await points.put(stored, sync);
    },
    async readMetrics(key, start, end) {
      const known = catalogue.find(key);
      if (!known) return [];
      return (await points.read(known.id, start, end)).map((stored) => pointOf(key, stored));
    },
    async listMetrics({ account, region, namespace, name, activeSince }) {
      return catalogue
        .list({ account, region })
        .filter(
          (known) =>
            (namespace === undefined || known.namespace === namespace) &&
            (name === undefined || known.name === name) &&
            (activeSince === undefined || known.lastAt >= activeSince),
        );
    },
    async expire() {
      await points.expire();
      await catalogue.forget(now() - keptMs);
    },
    async close() {
      await points.close();
      await catalogue.close();
    },
  };
  await takeOver(folder, now, {
    put: (some) => metrics.putMetrics(some, { sync: true }),
    has: async (point) => (await metrics.readMetrics(point, point.timestamp, point.timestamp + 1)).length > 0,
  });
  return metrics;
}

const storedOf = ({ timestamp, value, unit }: MetricPoint): Stored =>
  unit === undefined ? [timestamp, value] : [timestamp, value, unit];

const pointOf = (
  { account, region, namespace, name, dimensions }: MetricKey,
  [timestamp, value, unit]: Stored,
): MetricPoint => ({
  account,
  region,
  namespace,
  name,
  dimensions,
  timestamp,
  value,
  ...(unit === undefined ? {} : { unit }),
});
