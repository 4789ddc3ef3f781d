// What Logs gives to the rest: its context, the series through which every log line goes, and groups that services write to.
import type { Clock } from "../../core/clock.ts";
import type { Authorizer, DataKeys, LogGroups, LogWriter, PolicyChecks } from "../../core/ports.ts";
import type { Rows } from "../../store/rows/rows.ts";
import type { Series } from "../../store/series/series.ts";
import { accessDenied, noGroup } from "./errors.ts";
import { Queries } from "./query/runner.ts";
import { startRetention } from "./retention.ts";
import type { LogsContext } from "./shared/context.ts";
import { hasGroup, streamArn } from "./shared/groups.ts";
import { MetricFilters } from "./shared/metrics/filters.ts";
import { startDefaults, withMetricFilters } from "./shared/metrics/series.ts";
import { ResourcePolicies } from "./shared/resource-policies.ts";

export interface LogsParts {
  readonly rows: Rows;
  readonly series: Series;
  readonly keys: DataKeys;
  readonly policyChecks: PolicyChecks;
  readonly clock: Clock;
  /** Told of failures of background work, which is tried again. */
  readonly report: (error: unknown) => void;
}

/** What the service works on; its `series` is for everybody who writes log lines. */
export async function openLogs({ rows, series, keys, policyChecks, clock, report }: LogsParts): Promise<LogsContext> {
  const filters = await MetricFilters.open(rows, () => clock.now());
  const policies = new ResourcePolicies(rows, () => clock.now());
  const queries = new Queries({ rows, series, clock, report });
  return { rows, series: withMetricFilters(series, filters), filters, policies, policyChecks, keys, queries };
}

export function createLogGroups(context: LogsContext, authorizer: Authorizer, clock: Clock): LogGroups {
  const check = async (writer: LogWriter) => {
    const { principal, account, region, group, stream, conditions = {} } = writer;
    const policy = await context.policies.together(writer);
    const permission = (action: string) => ({
      action,
      resource: streamArn(writer, group, stream),
      resourceAccount: account,
      conditions,
      ...(policy === undefined ? {} : { resourcePolicy: policy }),
    });
    const isThere = await context.series.hasLogStream({ account, region, group, stream });
    const actions = isThere ? ["logs:PutLogEvents"] : ["logs:CreateLogStream", "logs:PutLogEvents"];
    const facts = { at: clock.now(), region, secure: true };
    const refusal = await authorizer.refusal(principal, actions.map(permission), facts);
    if (refusal !== undefined) throw accessDenied(refusal);
    if (!isThere && !(await hasGroup(context, writer, group))) throw noGroup();
  };
  return {
    check,
    async write(writing) {
      await check(writing);
      const { account, region, group, stream, lines } = writing;
      await context.series.appendLogs({ account, region, group, stream }, lines, { sync: true });
    },
  };
}

/** Drops old lines, tells default values and goes on with queries, until the result is called, which resolves when nothing runs any more. */
export async function startLogs(
  context: LogsContext,
  { clock, report }: { readonly clock: Clock; readonly report: (error: unknown) => void },
): Promise<() => Promise<void>> {
  const { rows, series, filters, queries } = context;
  const stops = [
    startRetention({ rows, series, clock, report }),
    startDefaults({ series, filters, clock, report }),
    await queries.run(),
  ];
  return async () => {
    for (const stop of stops) await stop();
  };
}
