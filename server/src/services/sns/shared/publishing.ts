// Messages of a topic: what SNS takes, and the deliveries that they become, kept in one commit before the caller is answered.
import { randomUUID } from "node:crypto";
import type { RowWrite } from "../../../store/rows/rows.ts";
import { invalidParameter } from "../errors.ts";
import { topicArn } from "./arns.ts";
import { type FilterScope, filtered, wants } from "./filter-policy.ts";
import { type MessageAttribute, sizeOf } from "./message-attributes.ts";
import { countMessages } from "./metrics.ts";
import type { Delivery, Parts } from "./parts.ts";
import { type SubscriptionRow, subscriptionArn, subscriptionsOf } from "./subscriptions.ts";
import type { requireTopic } from "./topics.ts";

/** SNS developer guide, "Amazon SNS message size": text and attributes. */
export const LARGEST_MESSAGE_BYTES = 262_144;

export interface Message {
  readonly text: string;
  readonly subject?: string | undefined;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  /** Text by protocol, `default` for the others. */
  readonly texts?: Readonly<Record<string, string>>;
}

interface GivenMessage {
  readonly Message?: string | undefined;
  readonly Subject?: string | undefined;
  readonly MessageStructure?: string | undefined;
}

/** @throws ApiError InvalidParameter */
export function readMessage(given: GivenMessage, attributes: Message["attributes"]): Message {
  const { Message: text = "", Subject: subject, MessageStructure: structure } = given;
  if (text === "") throw invalidParameter("Empty message");
  if (subject !== undefined) checkSubject(subject);
  if (structure !== undefined && structure !== "json") throw invalidParameter("MessageStructure");
  const message = { text, subject, attributes };
  return structure === "json" ? { ...message, texts: textsOf(text) } : message;
}

export const bytesOf = ({ text, attributes }: Message): number => Buffer.byteLength(text) + sizeOf(attributes);

/** One line of 1 to 100 characters that begins with no space (SNS API reference, Publish). */
function checkSubject(subject: string): void {
  const isOne = subject.length > 0 && subject.length <= 100 && !/\p{Cc}/u.test(subject);
  if (!isOne || subject.startsWith(" ")) throw invalidParameter("Subject");
}

function textsOf(text: string): Readonly<Record<string, string>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw invalidParameter("Message Structure - JSON message body failed to parse");
  }
  const entries = Object.entries((parsed as object | null) ?? {}).filter(([, value]) => typeof value === "string");
  const texts = Object.fromEntries(entries) as Record<string, string>;
  if (!Object.hasOwn(texts, "default")) {
    throw invalidParameter("Message Structure - No default entry in JSON message body");
  }
  return texts;
}

/** Ids of the messages, which are kept when this returns. */
export async function publish(
  parts: Parts,
  topic: Awaited<ReturnType<typeof requireTopic>>,
  messages: readonly Message[],
): Promise<readonly string[]> {
  const subscribed = (await subscriptionsOf(parts, topic)).filter(({ status }) => status === "Confirmed");
  const at = parts.clock.now();
  const ids = messages.map(() => randomUUID());
  const entries: RowWrite<never>[] = [];
  let filteredOut = 0;
  for (const [index, message] of messages.entries()) {
    const seen = filtered(message);
    for (const row of subscribed) {
      const { FilterPolicy: policy, FilterPolicyScope: scope = "MessageAttributes" } = row.document.attributes;
      if (!wants(policy, scope as FilterScope, seen)) {
        filteredOut++;
        continue;
      }
      const arn = topicArn(topic, topic.name);
      const item = deliveryOf(message, row, { arn, id: ids[index] ?? "", at, place: topic });
      const name = `${item.messageId}/${row.name.split(":")[1]}`;
      entries.push(parts.outbox.row({ scope: row.scope, name, lane: row.name, item }) as RowWrite<never>);
    }
  }
  if (entries.length > 0) await parts.rows.commit({ put: entries });
  parts.outbox.committed(entries);
  countMessages(parts, topic, messages.map(bytesOf), filteredOut);
  return ids;
}

function deliveryOf(
  message: Message,
  { name, document }: SubscriptionRow,
  facts: {
    readonly arn: string;
    readonly id: string;
    readonly at: number;
    readonly place: { readonly account: string; readonly region: string };
  },
): Delivery {
  const { protocol, endpoint } = document;
  return {
    type: "Notification",
    topicArn: facts.arn,
    subscriptionArn: subscriptionArn(facts.place, name),
    protocol,
    endpoint,
    messageId: facts.id,
    message: message.texts === undefined ? message.text : (textFor(message.texts, protocol) ?? message.text),
    subject: message.subject,
    attributes: message.attributes,
    at: facts.at,
  };
}

const textFor = (texts: Readonly<Record<string, string>>, protocol: string): string | undefined =>
  Object.hasOwn(texts, protocol) ? texts[protocol] : texts["default"];
