// ARNs as requests name things, with the refusals that AWS has for what is none.
import { invalidParameter } from "../errors.ts";
import type { Place } from "./parts.ts";

export const topicArn = ({ account, region }: Place, name: string): string =>
  `arn:aws:sns:${region}:${account}:${name}`;

export interface NamedTopic extends Place {
  readonly name: string;
}

export interface NamedSubscription extends NamedTopic {
  readonly id: string;
}

const ARN_ELEMENTS = 6;

/** What stands between its colons. @throws ApiError InvalidParameter for what has too few to be one */
export function elementsOf(arn: string, member: string): readonly string[] {
  const elements = arn.split(":");
  if (elements.length < ARN_ELEMENTS) {
    throw invalidParameter(`${member} Reason: An ARN must have at least 6 elements, not ${elements.length}`);
  }
  return elements;
}

/** A topic of the call's region. @throws ApiError InvalidParameter */
export function readTopicArn(place: Place, arn: string, member = "TopicArn"): NamedTopic {
  const [, , service, region = "", account = "", name = "", ...more] = elementsOf(arn, member);
  if (service !== "sns" || region !== place.region || name === "" || more.length > 0) throw invalidParameter(member);
  return { account, region, name };
}

/** A subscription of the call's region. @throws ApiError InvalidParameter */
export function readSubscriptionArn(place: Place, arn: string): NamedSubscription {
  if (arn === "") throw invalidParameter("SubscriptionArn Reason: no value for required parameter");
  const [, , service, region = "", account = "", name = "", id, ...more] = elementsOf(arn, "SubscriptionArn");
  if (service !== "sns" || region !== place.region) throw invalidParameter("SubscriptionArn");
  if (id === undefined || id === "" || more.length > 0) throw invalidParameter("SubscriptionId");
  return { account, region, name, id };
}
