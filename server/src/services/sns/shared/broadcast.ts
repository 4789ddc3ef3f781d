// Deliveries of a message to the subscriptions of its topic. Where they are more than one commit takes, the message is
// kept as one row before its caller is answered, and made into deliveries behind the answer, a commit for so many, each
// with the place up to which they are made: after a `kill -9` it goes on there.
import type { Attempt, Outcome } from "../../../store/outbox.ts";
import type { RowWrite } from "../../../store/rows/rows.ts";
import { type NamedTopic, topicArn } from "./arns.ts";
import { type FilterScope, filtered, wants } from "./filter-policy.ts";
import { count } from "./metrics.ts";
import { type Broadcast, type Delivery, type Parts, placeOf, type Sent, scopeOf } from "./parts.ts";
import { type SubscriptionRow, subscriptionArn, subscriptionPage } from "./subscriptions.ts";

/** Deliveries of one commit, and bytes of messages in them. */
export const MOST_DELIVERIES = 1000;
export const MOST_BYTES = 4 * 1_048_576;

/** No more are made while so many wait to be tried: those are in memory. */
const MOST_READY = 10_000;
const LOOK_MS = 200;

export function broadcastRow(parts: Parts, { name: topic, ...place }: NamedTopic, sent: Sent): RowWrite<never> {
  const scope = scopeOf(place);
  const item: Broadcast = { topic, ...sent };
  return parts.broadcasts.row({ scope, name: sent.id, lane: `${scope}/${topic}`, item }) as RowWrite<never>;
}

/** Makes the next deliveries of a message. */
export async function broadcast(parts: Parts, { item, scope }: Attempt<Broadcast>): Promise<Outcome<Broadcast>> {
  if (parts.outbox.ready() > MOST_READY) return { turnAt: parts.clock.now() + LOOK_MS };
  const { topic: name, after, ...sent } = item;
  const topic = { ...placeOf(scope), name };
  const limit = Math.max(1, Math.min(MOST_DELIVERIES, Math.floor(MOST_BYTES / sent.bytes)));
  const page = await subscriptionPage(parts, topic, { after, limit });
  // Who subscribed since is not meant.
  const meant = page.filter(({ createdAt }) => createdAt <= sent.at);
  const { entries, filteredOut } = deliveriesOf(parts, topic, sent, meant);
  const last = page.length < limit ? undefined : page.at(-1);
  return {
    part: {
      put: entries,
      left: last && { ...item, after: last.name },
      committed() {
        parts.outbox.committed(entries);
        if (filteredOut > 0) count(parts, topic, "NumberOfNotificationsFilteredOut", filteredOut);
      },
    },
  };
}

/** Rows for those of the subscriptions that are confirmed and want the message. */
export function deliveriesOf(
  parts: Parts,
  topic: NamedTopic,
  sent: Sent,
  subscriptions: readonly SubscriptionRow[],
): { readonly entries: readonly RowWrite<never>[]; readonly filteredOut: number } {
  const seen = filtered(sent.message);
  const entries: RowWrite<never>[] = [];
  let filteredOut = 0;
  for (const row of subscriptions) {
    if (row.status !== "Confirmed") continue;
    const { FilterPolicy: policy, FilterPolicyScope: scope = "MessageAttributes" } = row.document.attributes;
    if (!wants(policy, scope as FilterScope, seen)) {
      filteredOut++;
      continue;
    }
    const item = deliveryOf(topic, sent, row);
    const name = `${sent.id}/${row.name.split(":")[1]}`;
    entries.push(parts.outbox.row({ scope: row.scope, name, lane: row.name, item }) as RowWrite<never>);
  }
  return { entries, filteredOut };
}

function deliveryOf(topic: NamedTopic, { id, at, message }: Sent, { name, document }: SubscriptionRow): Delivery {
  const { protocol, endpoint } = document;
  return {
    type: "Notification",
    topicArn: topicArn(topic, topic.name),
    subscriptionArn: subscriptionArn(topic, name),
    protocol,
    endpoint,
    messageId: id,
    message: message.texts === undefined ? message.text : (textFor(message.texts, protocol) ?? message.text),
    subject: message.subject,
    attributes: message.attributes,
    at,
  };
}

const textFor = (texts: Readonly<Record<string, string>>, protocol: string): string | undefined =>
  Object.hasOwn(texts, protocol) ? texts[protocol] : texts["default"];
