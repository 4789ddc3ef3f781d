// Subscriptions: endpoints that get a topic's messages once they have consented.
// Gap: protocols sqs, lambda, sms, application and firehose are refused in words, and so is RedrivePolicy, which names a
// queue of SQS.
// Gap: the address that ends a subscription (UnsubscribeURL) holds a token: whoever knows an ARN alone cannot end it.
// Gap: ListSubscriptions gives the caller's subscriptions to topics of its own account.
import type { Operations as Contract } from "../../../../../contract/sns/types.ts";
import type { Call } from "../../../core/call.ts";
import { cutPage } from "../../../core/pages.ts";
import type { Operations } from "../../../core/service.ts";
import { again } from "../../../store/rows/again.ts";
import { invalidAttributes, invalidParameter, noSubscription, unauthorized } from "../errors.ts";
import { type NamedSubscription, readSubscriptionArn, readTopicArn, topicArn } from "../shared/arns.ts";
import { askFor, confirm, end } from "../shared/confirmation.ts";
import { afterOf } from "../shared/paging.ts";
import { type Parts, placeOf, scopeOf } from "../shared/parts.ts";
import {
  findSubscription,
  SUBSCRIPTION,
  type SubscriptionDocument,
  type SubscriptionRow,
  subscriptionArn,
  subscriptionId,
  subscriptionKey,
  subscriptionPage,
  subscriptionsOf,
} from "../shared/subscriptions.ts";
import { findTopic, onTopic, requireTopic } from "../shared/topics.ts";
import { shownAttributes, withAttributes } from "./attributes.ts";
import { checkEndpoint } from "./protocols.ts";

const PAGE = 100;
const PENDING = "PendingConfirmation";

export const subscription = (parts: Parts): Operations<Contract> => ({
  Subscribe: {
    permissions: (input, call) =>
      onTopic(parts, call, input.TopicArn, {
        "sns:Protocol": input.Protocol,
        ...(input.Endpoint === undefined ? {} : { "sns:Endpoint": input.Endpoint }),
      }),
    async run({ TopicArn, Protocol, Endpoint, Attributes = {}, ReturnSubscriptionArn }, call) {
      await requireTopic(parts, call, TopicArn);
      const endpoint = checkEndpoint(parts, Protocol, Endpoint);
      const attributes = withAttributes({}, Attributes, invalidAttributes);
      const row = await subscribe(parts, call, {
        TopicArn,
        protocol: Protocol,
        endpoint,
        attributes,
        given: Attributes,
      });
      const shown = row.status === "Confirmed" || ReturnSubscriptionArn === true;
      return { SubscriptionArn: shown ? arnOf(row) : "pending confirmation" };
    },
  },
  ConfirmSubscription: {
    permissions: (input, call) => onTopic(parts, call, input.TopicArn),
    async run({ TopicArn, Token, AuthenticateOnUnsubscribe }, call) {
      readTopicArn(call, TopicArn);
      const locked = AuthenticateOnUnsubscribe?.toLowerCase() === "true";
      const facts = { region: call.region, at: call.at, signed: true, locked };
      return { SubscriptionArn: await confirm(parts, Token, facts) };
    },
  },
  Unsubscribe: {
    async run({ SubscriptionArn }, call) {
      const named = readSubscriptionArn(call, SubscriptionArn);
      const row = await findSubscription(parts, named);
      if (row !== undefined) requireOwner(call, named, row);
      await end(parts, named, call.at);
      return {};
    },
  },
  GetSubscriptionAttributes: {
    async run({ SubscriptionArn }, call) {
      const { named, row } = await requireSubscription(parts, call, SubscriptionArn);
      const topic = await findTopic(parts, named);
      const { protocol, endpoint, owner, principal, attributes, authenticated } = row.document;
      return {
        Attributes: {
          ...shownAttributes(protocol, attributes, topic?.document.attributes["DeliveryPolicy"]),
          ConfirmationWasAuthenticated: String(authenticated),
          Endpoint: endpoint,
          Owner: owner,
          PendingConfirmation: String(row.status !== "Confirmed"),
          Protocol: protocol,
          SubscriptionArn,
          SubscriptionPrincipal: principal,
          TopicArn: topicArn(named, named.name),
        },
      };
    },
  },
  SetSubscriptionAttributes: {
    async run({ SubscriptionArn, AttributeName, AttributeValue = "" }, call) {
      await again(async () => {
        const { row } = await requireSubscription(parts, call, SubscriptionArn);
        const { version, ...kept } = row;
        const given = { [AttributeName]: AttributeValue };
        const attributes = withAttributes(row.document.attributes, given, invalidParameter);
        const put = [{ ...kept, modifiedAt: call.at, document: { ...row.document, attributes } }];
        await parts.rows.commit({ expect: [{ key: row, version }], put });
      });
      return {};
    },
  },
  ListSubscriptions: {
    async run({ NextToken }, call) {
      const range = { kind: SUBSCRIPTION, scope: scopeOf(call), after: afterOf(NextToken), limit: PAGE + 1 };
      const found = await parts.rows.scan<SubscriptionDocument>(range);
      const { items, next } = cutPage(found, ({ name }) => name, PAGE);
      const own = items.filter(({ document }) => document.owner === call.account);
      return { Subscriptions: own.map(listed), ...(next && { NextToken: next }) };
    },
  },
  ListSubscriptionsByTopic: {
    permissions: (input, call) => onTopic(parts, call, input.TopicArn),
    async run({ TopicArn, NextToken }, call) {
      const topic = await requireTopic(parts, call, TopicArn);
      const found = await subscriptionPage(parts, topic, { after: afterOf(NextToken), limit: PAGE + 1 });
      const { items, next } = cutPage(found, ({ name }) => name, PAGE);
      return { Subscriptions: items.map(listed), ...(next && { NextToken: next }) };
    },
  },
});

const arnOf = ({ scope, name }: SubscriptionRow): string => subscriptionArn(placeOf(scope), name);

function listed(row: SubscriptionRow) {
  const arn = arnOf(row);
  const { owner, protocol, endpoint } = row.document;
  return {
    SubscriptionArn: row.status === "Confirmed" ? arn : PENDING,
    Owner: owner,
    Protocol: protocol,
    Endpoint: endpoint,
    TopicArn: arn.slice(0, arn.lastIndexOf(":")),
  };
}

interface Wish {
  readonly TopicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** As the caller wrote them. */
  readonly given: Readonly<Record<string, string>>;
}

/** The subscription of that endpoint, made or found; one that waits for consent is asked for it again. */
async function subscribe(parts: Parts, call: Call, wish: Wish): Promise<SubscriptionRow> {
  const { TopicArn, protocol, endpoint, attributes } = wish;
  return await again(async () => {
    const topic = await requireTopic(parts, call, TopicArn);
    const all = await subscriptionsOf(parts, topic);
    const found = all.find(({ document }) => document.protocol === protocol && document.endpoint === endpoint);
    if (found !== undefined) requireSame(found, wish);
    if (found?.status === "Confirmed") return found;
    const { createdAt } = topic.row;
    const { deleted } = topic.row.document;
    const id = subscriptionId({ topicArn: TopicArn, createdAt, deleted, protocol, endpoint });
    const owner = call.account;
    const principal = call.principal.roleArn ?? call.principal.arn;
    const document = { protocol, endpoint, owner, principal, attributes, authenticated: false, locked: false };
    const key = subscriptionKey(topic, topic.name, id);
    const times = { createdAt: call.at, modifiedAt: call.at };
    const row: SubscriptionRow = found ?? {
      ...key,
      ...times,
      version: 1,
      parent: topic.name,
      status: "Pending",
      document,
    };
    const { version, ...made } = row;
    const item = askFor(parts, topic, row, call.at);
    const entry = parts.outbox.row({ scope: row.scope, name: `${item.messageId}/${id}`, lane: row.name, item });
    await parts.rows.commit({
      expect: [
        { key: row, version: found ? version : "absent" },
        { key: topic.row, version: topic.row.version },
      ],
      put: [...(found ? [] : [made]), entry],
    });
    parts.outbox.committed([entry]);
    return row;
  });
}

/** @throws ApiError InvalidParameter when the subscription that is there differs from the one asked for */
function requireSame({ document }: SubscriptionRow, { attributes, given }: Wish): void {
  const now = { RawMessageDelivery: "false", ...document.attributes } as Readonly<Record<string, string>>;
  if (Object.keys(given).some((name) => (now[name] ?? "") !== (attributes[name] ?? ""))) {
    throw invalidAttributes("Subscription already exists with different attributes");
  }
}

/** @throws ApiError InvalidParameter, NotFound, AuthorizationError */
async function requireSubscription(parts: Parts, call: Call, arn: string) {
  const named = readSubscriptionArn(call, arn);
  const row = await findSubscription(parts, named);
  if (row === undefined) throw noSubscription();
  requireOwner(call, named, row);
  return { named, row };
}

/** Who subscribed, and whose topic it is. */
function requireOwner(call: Call, { account }: NamedSubscription, { document }: SubscriptionRow): void {
  if (call.account !== account && call.account !== document.owner) {
    throw unauthorized(`Account ${call.account} owns neither the subscription nor its topic.`);
  }
}
