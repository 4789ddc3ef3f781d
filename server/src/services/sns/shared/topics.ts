// Topics as rows, and the permission that a call on one needs: the policy of the topic takes part in the decision.
import type { Call, Permission } from "../../../core/call.ts";
import { again } from "../../../store/rows/again.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { noTopic } from "../errors.ts";
import { type NamedTopic, readTopicArn, topicArn } from "./arns.ts";
import { type Parts, type Place, scopeOf } from "./parts.ts";

export interface TopicDocument {
  /** As set; what is absent has its default. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Subscriptions that were ended. */
  readonly deleted: number;
}

export type TopicRow = Row<TopicDocument>;

export const TOPIC = "sns:topic";
export const topicKey = (place: Place, name: string) => ({ kind: TOPIC, scope: scopeOf(place), name });

export const findTopic = ({ rows }: Parts, topic: NamedTopic): Promise<TopicRow | undefined> =>
  rows.get<TopicDocument>(topicKey(topic, topic.name));

/** The topic that a request names. @throws ApiError InvalidParameter, NotFound */
export async function requireTopic(parts: Parts, place: Place, arn: string): Promise<NamedTopic & { row: TopicRow }> {
  const named = readTopicArn(place, arn);
  const row = await findTopic(parts, named);
  if (row === undefined) throw noTopic();
  return { ...named, row };
}

/** Changes a topic as a whole, also while others change it. @throws ApiError NotFound, and what `change` throws */
export async function changeTopic(
  parts: Parts,
  call: Call,
  arn: string,
  change: (document: TopicDocument) => TopicDocument,
): Promise<void> {
  await again(async () => {
    const { row } = await requireTopic(parts, call, arn);
    const { version, ...kept } = row;
    const put = [{ ...kept, modifiedAt: call.at, document: change(row.document) }];
    await parts.rows.commit({ expect: [{ key: row, version }], put });
  });
}

/** What a topic's own account may do with it by the policy that it has at first. */
const OWNER_ACTIONS = [
  "GetTopicAttributes",
  "SetTopicAttributes",
  "AddPermission",
  "RemovePermission",
  "DeleteTopic",
  "Subscribe",
  "ListSubscriptionsByTopic",
  "Publish",
];

export const defaultPolicy = (place: Place, name: string): string =>
  JSON.stringify({
    Version: "2008-10-17",
    Id: "__default_policy_ID",
    Statement: [
      {
        Sid: "__default_statement_ID",
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: OWNER_ACTIONS.map((action) => `SNS:${action}`),
        Resource: topicArn(place, name),
        Condition: { StringEquals: { "AWS:SourceOwner": place.account } },
      },
    ],
  });

export const policyOf = (place: Place, row: TopicRow): string =>
  row.document.attributes["Policy"] ?? defaultPolicy(place, row.name);

/** `aws:SourceOwner` is the caller's account: the policy that a topic has at first asks for it. */
export const sourceOwner = (account: string) => ({ "aws:SourceOwner": account });

/** Permission of this call on a topic that it names; on one that is not there only identity policies decide. */
export async function onTopic(
  parts: Parts,
  call: Call,
  arn: string,
  conditions: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<readonly Permission[]> {
  const named = readTopicArn(call, arn);
  const row = await findTopic(parts, named);
  const tags = Object.entries(row?.document.tags ?? {}).map(([name, value]) => [`aws:ResourceTag/${name}`, value]);
  return [
    {
      action: `sns:${call.operation === "PublishBatch" ? "Publish" : call.operation}`,
      resource: topicArn(named, named.name),
      resourceAccount: named.account,
      conditions: { ...sourceOwner(call.account), ...Object.fromEntries(tags), ...conditions },
      ...(row && { resourcePolicy: policyOf(named, row) }),
    },
  ];
}
