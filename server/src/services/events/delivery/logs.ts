// Targets that are log groups. As on AWS their name begins with /aws/events/: a rule may write nowhere else.
import type { Series } from "../../../store/series/series.ts";
import type { Sending } from "./deliver.ts";
import { delivered, failed, type Result } from "./outcome.ts";

const PREFIX = "/aws/events/";

export const groupOf = (arn: string): string | undefined =>
  /^arn:aws[\w-]*:logs:[^:]*:[^:]*:log-group:([^:]+)(?::\*)?$/.exec(arn)?.[1];

export const sendToLogs =
  (series: Series, now: () => number) =>
  async ({ target, bus, ruleName, text }: Sending): Promise<Result> => {
    const [, , , region = "", account = ""] = target.Arn.split(":");
    const group = groupOf(target.Arn);
    if (group === undefined) return failed("INVALID_PARAMETER", `${target.Arn} is no log group.`);
    if (!group.startsWith(PREFIX) || account !== bus.account || region !== bus.region) {
      return failed("NO_PERMISSIONS", `Rules write to log groups of their account that begin with ${PREFIX}.`);
    }
    const line = lineOf(text, now());
    await series.appendLogs({ account, region, group, stream: ruleName }, [line], { sync: true });
    return delivered;
  };

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
