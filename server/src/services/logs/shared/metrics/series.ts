// The one place that every log line passes, those of callers and those of jobs: lines of groups with metric filters give
// points to CloudWatch on their way.
import type { Clock } from "../../../../core/clock.ts";
import { repeatedly } from "../../../../core/repeating.ts";
import type { Series } from "../../../../store/series/series.ts";
import type { MetricFilters } from "./filters.ts";

const MINUTE_MS = 60_000;

/**
 * Lines that a caller is told are kept have given their points by then. Lines of a source are taken up again after a
 * crash, so their points are written first: those of one chunk may count twice, none is lost.
 */
export const withMetricFilters = (series: Series, filters: MetricFilters): Series => ({
  ...series,
  async appendLogs(key, events, options) {
    if (events.length === 0 || !filters.has(key)) return series.appendLogs(key, events, options);
    const { source, sync } = options;
    if (source && source.offset <= (await series.logOffset(key, source.id))) return;
    const points = await filters.pointsOf(key, events);
    const put = async () => {
      if (points.length > 0) await series.putMetrics(points, { sync });
    };
    if (source) await put();
    await series.appendLogs(key, events, options);
    if (!source) await put();
  },
});

/** Puts the default values of minutes that have ended, until the result is called, which puts those that are left. */
export function startDefaults(parts: {
  readonly series: Series;
  readonly filters: MetricFilters;
  readonly clock: Clock;
  readonly report: (error: unknown) => void;
}): () => Promise<void> {
  const { series, filters, clock, report } = parts;
  const put = async (until?: number) => {
    const points = filters.takeDefaults(until);
    if (points.length > 0) await series.putMetrics(points, { sync: false });
  };
  const stop = repeatedly({ clock, everyMs: MINUTE_MS, firstMs: MINUTE_MS, report }, () => put());
  return async () => {
    await stop();
    await put(Number.POSITIVE_INFINITY);
  };
}
