// Messages of a topic: what SNS takes, kept in one commit before the caller is answered.
import { randomUUID } from "node:crypto";
import { invalidParameter } from "../errors.ts";
import type { NamedTopic } from "./arns.ts";
import { broadcastRow, deliveriesOf, MOST_BYTES, MOST_DELIVERIES } from "./broadcast.ts";
import { sizeOf } from "./message-attributes.ts";
import { countMessages } from "./metrics.ts";
import type { Message, Parts, Sent } from "./parts.ts";
import { subscriptionPage } from "./subscriptions.ts";

/** SNS developer guide, "Amazon SNS message size": text and attributes. */
export const LARGEST_MESSAGE_BYTES = 262_144;

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
  topic: NamedTopic,
  messages: readonly Message[],
): Promise<readonly string[]> {
  const at = parts.clock.now();
  const all = messages.map((message): Sent => ({ id: randomUUID(), at, message, bytes: bytesOf(message) }));
  const limit = MOST_DELIVERIES + 1;
  const subscriptions = await subscriptionPage(parts, topic, { limit });
  const bytes = all.reduce((sum, sent) => sum + sent.bytes, 0);
  const isFew = subscriptions.length * all.length <= MOST_DELIVERIES && subscriptions.length * bytes <= MOST_BYTES;
  const made = isFew ? all.map((sent) => deliveriesOf(parts, topic, sent, subscriptions)) : [];
  const rows = isFew ? made.flatMap(({ entries }) => entries) : all.map((sent) => broadcastRow(parts, topic, sent));
  if (rows.length > 0) await parts.rows.commit({ put: rows });
  parts.outbox.committed(rows);
  parts.broadcasts.committed(rows);
  const filteredOut = made.reduce((sum, one) => sum + one.filteredOut, 0);
  countMessages(
    parts,
    topic,
    all.map((sent) => sent.bytes),
    filteredOut,
  );
  return all.map(({ id }) => id);
}
