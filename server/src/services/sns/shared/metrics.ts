// Figures of topics, in CloudWatch's namespace AWS/SNS (SNS developer guide, "Monitoring Amazon SNS topics using CloudWatch").
import type { MetricPoint } from "../../../store/series/series.ts";
import type { NamedTopic } from "./arns.ts";
import type { Parts } from "./parts.ts";

type Name =
  | "NumberOfMessagesPublished"
  | "PublishSize"
  | "NumberOfNotificationsDelivered"
  | "NumberOfNotificationsFailed"
  | "NumberOfNotificationsFilteredOut";

/** Figures may be lost with a `kill -9`; nobody waits for them. */
function put(parts: Parts, topic: NamedTopic, name: Name, value: MetricPoint["value"], unit: "Count" | "Bytes"): void {
  const { account, region } = topic;
  const timestamp = parts.clock.now();
  const dimensions = { TopicName: topic.name };
  const point = { account, region, namespace: "AWS/SNS", name, dimensions, timestamp, value, unit };
  parts.series.putMetrics([point], { sync: false }).catch(parts.report);
}

export const count = (parts: Parts, topic: NamedTopic, name: Exclude<Name, "PublishSize">, value = 1): void =>
  put(parts, topic, name, value, "Count");

export function countMessages(parts: Parts, topic: NamedTopic, sizes: readonly number[], filteredOut: number): void {
  count(parts, topic, "NumberOfMessagesPublished", sizes.length);
  const sum = sizes.reduce((one, other) => one + other, 0);
  const range = { minimum: Math.min(...sizes), maximum: Math.max(...sizes) };
  put(parts, topic, "PublishSize", { count: sizes.length, sum, ...range }, "Bytes");
  if (filteredOut > 0) count(parts, topic, "NumberOfNotificationsFilteredOut", filteredOut);
}
