// Who else may use a topic: statements of its policy, one by one.
import type { Operations as Contract } from "../../../../../contract/sns/types.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidParameter } from "../errors.ts";
import { topicArn } from "../shared/arns.ts";
import type { Parts } from "../shared/parts.ts";
import { changeTopic, defaultPolicy, onTopic, requireTopic } from "../shared/topics.ts";

/** Actions that a statement may give. */
const ACTIONS = [
  "AddPermission",
  "DeleteTopic",
  "GetTopicAttributes",
  "ListSubscriptionsByTopic",
  "Publish",
  "RemovePermission",
  "SetTopicAttributes",
  "Subscribe",
];

interface Policy {
  readonly Statement: readonly { readonly Sid?: string }[];
}

const oneOrAll = <Value>(values: readonly Value[]) => (values.length === 1 ? values[0] : values);

/** A policy may have its statement without a list. */
function readPolicy(text: string): Policy {
  const policy = JSON.parse(text) as { readonly Statement: Policy["Statement"] | Policy["Statement"][number] };
  return { ...policy, Statement: [policy.Statement].flat() };
}

export const topicPolicy = (parts: Parts): Operations<Contract> => ({
  AddPermission: {
    permissions: (input, call) => onTopic(parts, call, input.TopicArn),
    async run({ TopicArn, Label, AWSAccountId, ActionName }, call) {
      const named = await requireTopic(parts, call, TopicArn);
      if (ActionName.length === 0 || ActionName.some((action) => !ACTIONS.includes(action))) {
        throw invalidParameter("Policy statement action out of service scope!");
      }
      const principals = AWSAccountId.map((account) => {
        if (!/^\d{12}$/.test(account)) throw invalidParameter("AWSAccountId Reason: expected accounts of 12 digits");
        return `arn:aws:iam::${account}:root`;
      });
      const statement = {
        Sid: Label,
        Effect: "Allow",
        Principal: { AWS: oneOrAll(principals) },
        Action: oneOrAll(ActionName.map((action) => `SNS:${action}`)),
        Resource: topicArn(named, named.name),
      };
      await changeTopic(parts, call, TopicArn, (document) => {
        const policy = readPolicy(document.attributes["Policy"] ?? defaultPolicy(named, named.name));
        if (policy.Statement.some(({ Sid }) => Sid === Label)) throw invalidParameter("Statement already exists");
        const changed = { ...policy, Statement: [...policy.Statement, statement] };
        return { ...document, attributes: { ...document.attributes, Policy: JSON.stringify(changed) } };
      });
      return {};
    },
  },
  RemovePermission: {
    permissions: (input, call) => onTopic(parts, call, input.TopicArn),
    async run({ TopicArn, Label }, call) {
      const named = await requireTopic(parts, call, TopicArn);
      await changeTopic(parts, call, TopicArn, (document) => {
        const policy = readPolicy(document.attributes["Policy"] ?? defaultPolicy(named, named.name));
        const changed = { ...policy, Statement: policy.Statement.filter(({ Sid }) => Sid !== Label) };
        return { ...document, attributes: { ...document.attributes, Policy: JSON.stringify(changed) } };
      });
      return {};
    },
  },
});
