// Subscriptions that wait for their endpoint's consent: it is asked, and gives it by a token. Also how one ends.
import { randomUUID } from "node:crypto";
import { again } from "../../../store/rows/again.ts";
import type { Change } from "../../../store/rows/rows.ts";
import { invalidParameter, invalidToken, unauthorized } from "../errors.ts";
import { type NamedSubscription, readSubscriptionArn, topicArn } from "./arns.ts";
import type { Delivery, Parts, Place } from "./parts.ts";
import {
  findSubscription,
  type SubscriptionDocument,
  type SubscriptionRow,
  subscriptionArn,
  subscriptionKey,
} from "./subscriptions.ts";
import { findTopic } from "./topics.ts";

/** Asks the endpoint of a subscription. */
export function askFor(parts: Parts, place: Place, row: SubscriptionRow, now: number): Delivery {
  const [topic = ""] = row.name.split(":");
  const arn = subscriptionArn(place, row.name);
  return {
    type: "SubscriptionConfirmation",
    topicArn: topicArn(place, topic),
    subscriptionArn: arn,
    protocol: row.document.protocol,
    endpoint: row.document.endpoint,
    messageId: randomUUID(),
    message:
      `You have chosen to subscribe to the topic ${topicArn(place, topic)}.\n` +
      "To confirm the subscription, visit the SubscribeURL included in this message.",
    token: parts.tokens.write("confirm", arn),
    at: now,
  };
}

/** As long as AWS's. */
const SHORTEST_TOKEN = 64;

/**
 * Confirms what a token is for, once or again. `signed`: by a call that says who makes it.
 * @throws ApiError InvalidParameter for a token of nothing here
 */
export async function confirm(
  parts: Parts,
  token: string,
  facts: { readonly region: string; readonly at: number; readonly signed: boolean; readonly locked: boolean },
): Promise<string> {
  if (!/^[0-9a-f]+$/.test(token) || token.length < SHORTEST_TOKEN) {
    throw facts.signed ? invalidToken() : invalidParameter("Token");
  }
  const arn = parts.tokens.read("confirm", token);
  if (arn === undefined) throw invalidParameter("Token");
  const place = { account: "", region: facts.region };
  const named = readSubscriptionArn(place, arn);
  await again(async () => {
    const found = await findSubscription(parts, named);
    if (found?.status === "Confirmed") return;
    const ended = found ? undefined : await parts.rows.get<SubscriptionDocument>(endedKey(named));
    const row = found ?? ended;
    const topic = await findTopic(parts, named);
    if (row === undefined || topic === undefined) throw invalidParameter("Token");
    const key = subscriptionKey(named, named.name, named.id);
    const document = { ...row.document, authenticated: facts.signed, locked: facts.locked };
    const times = { createdAt: row.createdAt, modifiedAt: facts.at };
    await parts.rows.commit({
      // The topic too: a subscription to one that is deleted meanwhile would be of the next of its name.
      expect: [
        { key, version: found?.version ?? "absent" },
        { key: topic, version: topic.version },
      ],
      put: [{ ...key, ...times, parent: named.name, status: "Confirmed", document }],
      ...(ended && { remove: [ended] }),
    });
  });
  return arn;
}

/** Ends a subscription; nothing when there is none. `more` is done in the same commit. */
export async function end(parts: Parts, named: NamedSubscription, at: number, more: Change = {}): Promise<void> {
  await again(async () => {
    const row = await findSubscription(parts, named);
    if (row === undefined) return;
    const topic = await findTopic(parts, named);
    const expect = topic ? [{ key: topic, version: topic.version }] : [];
    const counted = topic
      ? [
          {
            ...withoutVersion(topic),
            modifiedAt: at,
            document: { ...topic.document, deleted: topic.document.deleted + 1 },
          },
        ]
      : [];
    await parts.rows.commit({
      expect: [{ key: row, version: row.version }, ...expect],
      remove: [row],
      put: [...counted, ...(more.put ?? [])],
    });
  });
}

/**
 * Ends a subscription by its link: its endpoint is told, and may take that back for a while.
 * @throws ApiError AuthorizationError when it was confirmed so that links do not end it
 */
export async function endByLink(parts: Parts, named: NamedSubscription, at: number): Promise<void> {
  const row = await findSubscription(parts, named);
  if (row === undefined) return;
  const { protocol, endpoint, locked } = row.document;
  if (locked) throw unauthorized("The subscription is ended by its owner, by a signed call only.");
  const arn = subscriptionArn(named, row.name);
  const entry = parts.outbox.row({
    scope: row.scope,
    name: `${randomUUID()}/${named.id}`,
    lane: row.name,
    item: {
      type: "UnsubscribeConfirmation",
      topicArn: topicArn(named, named.name),
      subscriptionArn: arn,
      protocol,
      endpoint,
      messageId: randomUUID(),
      message:
        `You have chosen to deactivate subscription ${arn}.\n` +
        "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message.",
      token: parts.tokens.write("confirm", arn),
      at,
    },
  });
  const ended = {
    ...endedKey(named),
    status: "Ended",
    createdAt: row.createdAt,
    modifiedAt: at,
    document: row.document,
  };
  await end(parts, named, at, { put: [ended, entry] });
  parts.outbox.committed([entry]);
}

/** Where a subscription that was ended by its link is kept for a while. */
export const ENDED = "sns:ended-subscription";
const endedKey = ({ name, id, ...place }: NamedSubscription) => ({
  ...subscriptionKey(place, name, id),
  kind: ENDED,
});

function withoutVersion<Kept extends { readonly version: number }>({
  version: _,
  ...kept
}: Kept): Omit<Kept, "version"> {
  return kept;
}
