// Figures of rules, in CloudWatch's namespace AWS/Events (EventBridge user guide, "Monitoring Amazon EventBridge").
import type { Parts } from "./parts.ts";
import { type Bus, DEFAULT_BUS } from "./place.ts";

type Name =
  | "MatchedEvents"
  | "TriggeredRules"
  | "Invocations"
  | "FailedInvocations"
  | "RetryInvocationAttempts"
  | "InvocationsSentToDlq";

export type MetricParts = Pick<Parts, "series" | "clock" | "report">;

/** One more, by rule and in all. Figures may be lost with a `kill -9`; nobody waits for them. */
export function countRule(parts: MetricParts, { account, region, bus }: Bus, rule: string, name: Name): void {
  const timestamp = parts.clock.now();
  const point = { account, region, namespace: "AWS/Events", name, timestamp, value: 1, unit: "Count" };
  const named = bus === DEFAULT_BUS ? { RuleName: rule } : { EventBusName: bus, RuleName: rule };
  parts.series
    .putMetrics(
      [
        { ...point, dimensions: named },
        { ...point, dimensions: {} },
      ],
      { sync: false },
    )
    .catch(parts.report);
}
