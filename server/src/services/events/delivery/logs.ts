// Targets that are log groups: those that begin with /aws/events/, and others that a resource policy of the account opens to
// EventBridge (EventBridge user guide, "CloudWatch Logs permissions").
import { ApiError } from "../../../core/errors.ts";
import type { LogGroups, LogLines } from "../../../core/ports.ts";
import type { Series } from "../../../store/series/series.ts";
import type { Sending } from "./deliver.ts";
import { delivered, failed, type Result } from "./outcome.ts";

const PREFIX = "/aws/events/";
/** A policy may name either. */
const WRITERS = ["events.amazonaws.com", "delivery.logs.amazonaws.com"];

export interface LogWays {
  readonly series: Series;
  readonly logGroups: LogGroups;
  readonly now: () => number;
}

export const groupOf = (arn: string): string | undefined =>
  /^arn:aws[\w-]*:logs:[^:]*:[^:]*:log-group:([^:]+)(?::\*)?$/.exec(arn)?.[1];

export const sendToLogs =
  ({ series, logGroups, now }: LogWays) =>
  async ({ target, bus, ruleArn, ruleName, text }: Sending): Promise<Result> => {
    const [, , , region = "", account = ""] = target.Arn.split(":");
    const group = groupOf(target.Arn);
    if (group === undefined) return failed("INVALID_PARAMETER", `${target.Arn} is no log group.`);
    if (account !== bus.account || region !== bus.region) {
      return failed("NO_PERMISSIONS", "Rules write to log groups of their own account and region.");
    }
    const place = { account, region, group, stream: ruleName };
    const lines = [lineOf(text, now())];
    if (group.startsWith(PREFIX)) await series.appendLogs(place, lines, { sync: true });
    else await writeAsService(logGroups, { ...place, lines }, ruleArn);
    return delivered;
  };

/** @throws ApiError of the first writer when no policy lets one in */
async function writeAsService(
  logGroups: LogGroups,
  writing: Omit<LogLines, "principal" | "conditions">,
  ruleArn: string,
): Promise<void> {
  const { account } = writing;
  const conditions = { "aws:SourceArn": ruleArn, "aws:SourceAccount": account };
  let refusal: ApiError | undefined;
  for (const service of WRITERS) {
    const principal = { kind: "service", arn: service, account, userId: service } as const;
    try {
      return await logGroups.write({ ...writing, principal, conditions });
    } catch (cause) {
      if (!(cause instanceof ApiError) || cause.code !== "AccessDeniedException") throw cause;
      refusal ??= cause;
    }
  }
  throw refusal;
}

/** A transformed input may say time and message itself (EventBridge user guide, "CloudWatch Logs as a target"). */
function lineOf(text: string, now: number): { readonly timestamp: number; readonly message: string } {
  const parsed = parse(text);
  if (parsed !== undefined && Object.keys(parsed).length === 2) {
    const { timestamp, message } = parsed as { readonly timestamp?: unknown; readonly message?: unknown };
    const at = Number(timestamp);
    if (timestamp !== undefined && Number.isSafeInteger(at) && typeof message === "string") {
      return { timestamp: at, message };
    }
  }
  return { timestamp: now, message: text };
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return undefined;
  }
}
