// Attributes of subscriptions, checked as SNS does.
import type { ApiError } from "../../../core/errors.ts";
import { invalidParameter } from "../errors.ts";
import { InvalidDeliveryPolicy, policyInForce, readSubscriptionPolicy } from "../shared/delivery-policy.ts";
import { checkFilterPolicy, type FilterScope, isEmpty } from "../shared/filter-policy.ts";

export type Attributes = Readonly<Record<string, string>>;

type Refuse = (reason: string) => ApiError;

const FILTER_SCOPES = ["MessageAttributes", "MessageBody"];
const NAMES = ["DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy"];
/** AWS has these for other protocols and for FIFO topics. */
const ELSEWHERE = ["SubscriptionRoleArn", "ReplayPolicy"];

/** The attributes with new ones put in. `refuse` puts its own words in front. @throws ApiError InvalidParameter */
export function withAttributes(old: Attributes, given: Attributes, refuse: Refuse): Attributes {
  for (const [name, value] of Object.entries(given)) checkOne(name, value, refuse);
  const { FilterPolicy: policy = "", ...others } = { ...old, ...given };
  const scope = (others["FilterPolicyScope"] ?? "MessageAttributes") as FilterScope;
  checkFilterPolicy(policy, scope, refuse);
  const kept = Object.entries(others).filter(([, value]) => value !== "");
  return { ...Object.fromEntries(kept), ...(isEmpty(policy) ? {} : { FilterPolicy: policy }) };
}

function checkOne(name: string, value: string, refuse: Refuse): void {
  if (ELSEWHERE.includes(name)) throw refuse(`${name}: not yet available in Sagebrush`);
  if (!NAMES.includes(name)) throw invalidParameter("AttributeName");
  if (name === "RawMessageDelivery" && value !== "true" && value !== "false") {
    throw refuse(`RawMessageDelivery: Invalid value [${value}]. Must be true or false.`);
  }
  if (name === "FilterPolicyScope" && !FILTER_SCOPES.includes(value)) {
    throw refuse(`FilterPolicyScope: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`);
  }
  if (name === "RedrivePolicy" && value !== "") throw refuse(redriveRefusal(value));
  if (name === "DeliveryPolicy" && value !== "") checkDeliveryPolicy(value, refuse);
}

/** Messages that nobody took would go to a queue of SQS, which is not here. */
function redriveRefusal(text: string): string {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return "RedrivePolicy: failed to parse JSON.";
  }
  const target = (policy as { readonly deadLetterTargetArn?: unknown } | null)?.deadLetterTargetArn;
  if (typeof target !== "string" || !/^arn:aws[\w-]*:sqs:[\w-]+:\d{12}:.+$/.test(target)) {
    return "RedrivePolicy: deadLetterTargetArn is an invalid arn";
  }
  return "RedrivePolicy: queues of SQS are not yet available in Sagebrush; failed messages are counted in AWS/SNS";
}

function checkDeliveryPolicy(text: string, refuse: Refuse): void {
  try {
    readSubscriptionPolicy(text);
  } catch (cause) {
    if (!(cause instanceof InvalidDeliveryPolicy)) throw cause;
    throw refuse(cause.message);
  }
}

/** What GetSubscriptionAttributes adds of a subscription's own settings. `topicPolicy`: the topic's DeliveryPolicy. */
export function shownAttributes(protocol: string, attributes: Attributes, topicPolicy: string | undefined): Attributes {
  const { DeliveryPolicy: own, FilterPolicy: filter, FilterPolicyScope: scope = "MessageAttributes" } = attributes;
  const isHttp = protocol === "http" || protocol === "https";
  return {
    ...(own === undefined ? {} : { DeliveryPolicy: JSON.stringify(readSubscriptionPolicy(own)) }),
    ...(isHttp ? { EffectiveDeliveryPolicy: JSON.stringify(policyInForce(own, topicPolicy)) } : {}),
    ...(filter === undefined ? {} : { FilterPolicy: filter, FilterPolicyScope: scope }),
    RawMessageDelivery: attributes["RawMessageDelivery"] ?? "false",
  };
}
