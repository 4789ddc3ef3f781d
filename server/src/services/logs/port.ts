// What Logs gives to the rest: its context, and the series through which every log line goes.
import type { Clock } from "../../core/clock.ts";
import type { DataKeys, PolicyChecks } from "../../core/ports.ts";
import type { Rows } from "../../store/rows/rows.ts";
import type { Series } from "../../store/series/series.ts";
import { startRetention } from "./retention.ts";
import type { LogsContext } from "./shared/context.ts";
import { MetricFilters } from "./shared/metrics/filters.ts";
import { startDefaults, withMetricFilters } from "./shared/metrics/series.ts";
import { ResourcePolicies } from "./shared/resource-policies.ts";

export interface LogsParts {
  readonly rows: Rows;
  readonly series: Series;
  readonly keys: DataKeys;
  readonly policyChecks: PolicyChecks;
  readonly clock: Clock;
}

/** What the service works on; its `series` is for everybody who writes log lines. */
export async function openLogs({ rows, series, keys, policyChecks, clock }: LogsParts): Promise<LogsContext> {
  const filters = await MetricFilters.open(rows, () => clock.now());
  const policies = await ResourcePolicies.open(rows);
  return { rows, series: withMetricFilters(series, filters), filters, policies, policyChecks, keys };
}

/** Drops old lines and tells default values, until the result is called, which resolves when nothing runs any more. */
export function startLogs(
  context: LogsContext,
  { clock, report }: { readonly clock: Clock; readonly report: (error: unknown) => void },
): () => Promise<void> {
  const { rows, series, filters } = context;
  const stops = [startRetention({ rows, series, clock, report }), startDefaults({ series, filters, clock, report })];
  return async () => {
    for (const stop of stops) await stop();
  };
}
