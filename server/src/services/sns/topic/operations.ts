// Topics: made by name, with attributes, a policy and tags.
// Gap: FIFO topics are refused by name.
// Gap: KmsMasterKeyId, TracingConfig and the roles and rates of delivery logs are kept and given back; waiting messages lie
// in the database without that key, and no delivery log is written.
// Gap: subscriptions go with their topic; AWS keeps them readable for a while.
import { isDeepStrictEqual } from "node:util";
import type { Operations as Contract } from "../../../../../contract/sns/types.ts";
import { ApiError } from "../../../core/errors.ts";
import { cutPage } from "../../../core/pages.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import { again } from "../../../store/rows/again.ts";
import { invalidAttributes, invalidParameter } from "../errors.ts";
import { readTopicArn, topicArn } from "../shared/arns.ts";
import { InvalidDeliveryPolicy, readTopicPolicy, topicPolicyInForce } from "../shared/delivery-policy.ts";
import { afterOf } from "../shared/paging.ts";
import { type Parts, type Place, scopeOf } from "../shared/parts.ts";
import { subscriptionPage, subscriptionsOf } from "../shared/subscriptions.ts";
import { withTags } from "../shared/tags.ts";
import {
  changeTopic,
  findTopic,
  onTopic,
  policyOf,
  requireTopic,
  TOPIC,
  type TopicRow,
  topicKey,
} from "../shared/topics.ts";

const PAGE = 100;
/** Subscriptions that go in one commit. */
const MOST_REMOVED = 1000;
/** SNS API reference, CreateTopic. */
const NAME = /^[A-Za-z0-9_-]{1,256}$/;
const LONGEST_DISPLAY_NAME = 100;

export const topic = (parts: Parts): Operations<Contract> => ({
  CreateTopic: {
    permissions: (input, call) => onTopic(parts, call, topicArn(call, input.Name), tagConditions(input.Tags ?? [])),
    async run({ Name, Attributes = {}, Tags, DataProtectionPolicy }, call) {
      checkName(Name, Attributes);
      if (DataProtectionPolicy !== undefined) throw notYet("DataProtectionPolicy");
      const attributes = Object.fromEntries(
        Object.entries(Attributes)
          .filter(([name]) => name !== "FifoTopic")
          .map(([name, value]) => [name, checkAttribute(parts, name, value, invalidAttributes)]),
      );
      const tags = withTags({}, Tags ?? []);
      await again(async () => {
        const found = await findTopic(parts, { ...call, name: Name });
        if (found !== undefined) return checkSame(call, found, attributes, tags);
        const key = topicKey(call, Name);
        const document = { attributes, tags, deleted: 0 };
        const times = { createdAt: call.at, modifiedAt: call.at };
        await parts.rows.commit({
          expect: [{ key, version: "absent" }],
          put: [{ ...key, ...times, status: "Active", document }],
          events: [{ ...key, type: "created" }],
        });
      });
      return { TopicArn: topicArn(call, Name) };
    },
  },
  DeleteTopic: {
    permissions: (input, call) => onTopic(parts, call, input.TopicArn),
    async run({ TopicArn }, call) {
      const named = readTopicArn(call, TopicArn);
      const key = topicKey(named, named.name);
      const next = () => subscriptionPage(parts, named, { limit: MOST_REMOVED });
      let some = await next();
      // A server that ends in between leaves the topic, to be deleted once more.
      for (; some.length === MOST_REMOVED; some = await next()) await parts.rows.commit({ remove: some });
      await parts.rows.commit({ remove: [key, ...some], events: [{ ...key, type: "deleted" }] });
      return {};
    },
  },
  GetTopicAttributes: {
    permissions: (input, call) => onTopic(parts, call, input.TopicArn),
    async run({ TopicArn }, call) {
      const named = await requireTopic(parts, call, TopicArn);
      const all = await subscriptionsOf(parts, named);
      const confirmed = all.filter(({ status }) => status === "Confirmed").length;
      const { attributes, deleted } = named.row.document;
      return {
        Attributes: {
          ...attributes,
          DisplayName: attributes["DisplayName"] ?? "",
          EffectiveDeliveryPolicy: JSON.stringify(topicPolicyInForce(attributes["DeliveryPolicy"])),
          Owner: named.account,
          Policy: policyOf(named, named.row),
          SubscriptionsConfirmed: String(confirmed),
          SubscriptionsDeleted: String(deleted),
          SubscriptionsPending: String(all.length - confirmed),
          TopicArn,
        },
      };
    },
  },
  ListTopics: {
    async run({ NextToken }, call) {
      const range = { kind: TOPIC, scope: scopeOf(call), after: afterOf(NextToken), limit: PAGE + 1 };
      const found = await parts.rows.scan(range);
      const { items, next } = cutPage(found, ({ name }) => name, PAGE);
      return {
        Topics: items.map(({ name }) => ({ TopicArn: topicArn(call, name) })),
        ...(next && { NextToken: next }),
      };
    },
  },
  SetTopicAttributes: {
    permissions: (input, call) => onTopic(parts, call, input.TopicArn),
    async run({ TopicArn, AttributeName, AttributeValue = "" }, call) {
      await requireTopic(parts, call, TopicArn);
      const value = checkAttribute(parts, AttributeName, AttributeValue, invalidParameter);
      await changeTopic(parts, call, TopicArn, (document) => {
        const { [AttributeName]: _, ...others } = document.attributes;
        // An empty text takes back what was set.
        const attributes = value === "" ? others : { ...others, [AttributeName]: value };
        return { ...document, attributes };
      });
      return {};
    },
  },
});

const notYet = (what: string) => invalidParameter(`${what} Reason: it is not yet available in Sagebrush; leave it out`);

function checkName(name: string, attributes: Readonly<Record<string, string>>): void {
  const isFifo = attributes["FifoTopic"] === "true";
  const isNamedSo = name.endsWith(".fifo");
  if (isFifo !== isNamedSo || !NAME.test(name.replace(/\.fifo$/, ""))) throw invalidParameter("Topic Name");
  if (isFifo) throw notYet("FifoTopic");
}

/** @throws ApiError InvalidParameter when what is there differs from what is asked for */
function checkSame(
  place: Place,
  row: TopicRow,
  attributes: Readonly<Record<string, string>>,
  tags: Readonly<Record<string, string>>,
): void {
  const { document } = row;
  const now = { ...document.attributes, Policy: policyOf(place, row) };
  for (const [name, value] of Object.entries(attributes)) {
    if (!isSame(now[name as keyof typeof now] ?? "", value)) {
      throw invalidAttributes("Topic already exists with different attributes");
    }
  }
  if (Object.entries(tags).some(([name, value]) => document.tags[name] !== value)) {
    throw invalidParameter("Tags Reason: Topic already exists with different tags");
  }
}

/** As text, or as JSON however it is written. */
function isSame(one: string, other: string): boolean {
  if (one === other) return true;
  if (!one.startsWith("{") || !other.startsWith("{")) return false;
  return isDeepStrictEqual(JSON.parse(one), JSON.parse(other));
}

type Refuse = (reason: string) => ApiError;

/** Attributes that are kept as they come, and their values. */
const kept: readonly (readonly [name: RegExp, value: RegExp])[] = [
  [/^KmsMasterKeyId$/, /^.{0,2048}$/],
  [/^SignatureVersion$/, /^[12]?$/],
  [/^TracingConfig$/, /^(PassThrough|Active)?$/],
  [/^(Application|Firehose|HTTP|Lambda|SQS)(Success|Failure)FeedbackRoleArn$/, /^(arn:aws:iam::\d{12}:role\/.+)?$/],
  [/^(Application|Firehose|HTTP|Lambda|SQS)SuccessFeedbackSampleRate$/, /^(\d|[1-9]\d|100)?$/],
];

/** Checks what is set and gives it as it is kept. @throws ApiError InvalidParameter */
function checkAttribute(parts: Parts, name: string, value: string, refuse: Refuse): string {
  switch (name) {
    case "DisplayName":
      if (value.length > LONGEST_DISPLAY_NAME || /[\r\n]/.test(value)) {
        throw refuse(`DisplayName must be one line of ${LONGEST_DISPLAY_NAME} characters at most`);
      }
      return value;
    case "Policy":
      return checkPolicy(parts, value);
    case "DeliveryPolicy":
      return value === "" ? "" : checkDeliveryPolicy(value, refuse);
    default: {
      const known = kept.find(([pattern]) => pattern.test(name));
      if (known === undefined) throw invalidParameter("AttributeName");
      if (!known[1].test(value)) throw refuse(`${name}: Invalid value [${value}].`);
      return value;
    }
  }
}

function checkPolicy({ policies }: Parts, text: string): string {
  if (text === "") return "";
  try {
    policies.resourcePolicy(text);
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    throw invalidParameter(`Policy Error: ${cause.message}`);
  }
  return text;
}

function checkDeliveryPolicy(text: string, refuse: Refuse): string {
  try {
    return JSON.stringify(readTopicPolicy(text));
  } catch (cause) {
    if (!(cause instanceof InvalidDeliveryPolicy)) throw cause;
    throw refuse(cause.message);
  }
}
