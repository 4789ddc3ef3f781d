// Subscriptions as rows, children of their topic.
import { uuidOf } from "../../../core/ids.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { type NamedSubscription, type NamedTopic, topicArn } from "./arns.ts";
import { type Parts, type Place, scopeOf } from "./parts.ts";

export interface SubscriptionDocument {
  readonly protocol: string;
  readonly endpoint: string;
  /** Account of who subscribed. */
  readonly owner: string;
  /** ARN of who subscribed. */
  readonly principal: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Whether it was confirmed by a signed call. */
  readonly authenticated: boolean;
  /** Whether links do not end it. */
  readonly locked: boolean;
}

export type SubscriptionRow = Row<SubscriptionDocument>;
export type SubscriptionStatus = "Pending" | "Confirmed";

export const SUBSCRIPTION = "sns:subscription";

export const subscriptionKey = (place: Place, topic: string, id: string) => ({
  kind: SUBSCRIPTION,
  scope: scopeOf(place),
  name: `${topic}:${id}`,
});

export const subscriptionArn = (place: Place, name: string): string => topicArn(place, name);

export const findSubscription = (
  { rows }: Parts,
  { name, id, ...place }: NamedSubscription,
): Promise<SubscriptionRow | undefined> => rows.get<SubscriptionDocument>(subscriptionKey(place, name, id));

/** So many of a topic by name, after one. */
export const subscriptionPage = (
  { rows }: Parts,
  topic: NamedTopic,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<readonly SubscriptionRow[]> =>
  rows.scan<SubscriptionDocument>({
    kind: SUBSCRIPTION,
    scope: scopeOf(topic),
    prefix: `${topic.name}:`,
    after,
    limit,
  });

const MANY = 1000;

/** All of a topic, in the order they were made. */
export async function subscriptionsOf({ rows }: Parts, topic: NamedTopic): Promise<readonly SubscriptionRow[]> {
  const all: SubscriptionRow[] = [];
  let after: string | undefined;
  do {
    const query = {
      kind: SUBSCRIPTION,
      scope: scopeOf(topic),
      parent: topic.name,
      sortBy: "created",
      limit: MANY,
    } as const;
    const page = await rows.list<SubscriptionDocument>({ ...query, after });
    all.push(...page.rows);
    after = page.next;
  } while (after !== undefined);
  return all;
}

/**
 * A UUID for an endpoint on a topic: the same for two callers at once, another one after a subscription of the topic was
 * ended.
 */
export function subscriptionId(facts: {
  readonly topicArn: string;
  /** Of the topic, so that one made anew has other subscriptions. */
  readonly createdAt: number;
  readonly deleted: number;
  readonly protocol: string;
  readonly endpoint: string;
}): string {
  return uuidOf(JSON.stringify(Object.values(facts)));
}
