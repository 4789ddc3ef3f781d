// What an endpoint is sent: the JSON document of a message, signed (SNS developer guide, "Parsing Amazon SNS message
// formats" and "Verifying the signatures of Amazon SNS messages").
import type { MessageAttribute } from "./message-attributes.ts";
import type { Delivery, Parts } from "./parts.ts";
import type { SignatureVersion } from "./signer.ts";

/** Of each type the fields that are signed, in their order. */
const signedFields = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
  UnsubscribeConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
} as const;

interface Envelope {
  readonly Type: Delivery["type"];
  readonly MessageId: string;
  readonly Token?: string;
  readonly TopicArn: string;
  readonly Subject?: string;
  readonly Message: string;
  readonly SubscribeURL?: string;
  readonly Timestamp: string;
  readonly SignatureVersion: SignatureVersion;
  readonly Signature: string;
  readonly SigningCertURL: string;
  readonly UnsubscribeURL?: string;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttribute>>;
}

const textOf = (fields: Partial<Envelope>, type: Delivery["type"]): string =>
  signedFields[type]
    .filter((name) => fields[name] !== undefined)
    .map((name) => `${name}\n${fields[name]}\n`)
    .join("");

/** Address that confirms a subscription when it is opened, as AWS writes it. */
export const subscribeUrl = (parts: Parts, topicArn: string, token: string): string =>
  `${parts.address()}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`;

/** Address that ends a subscription. Whoever has it may: the token in it is made here. */
export const unsubscribeUrl = (parts: Parts, subscriptionArn: string): string =>
  `${parts.address()}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}` +
  `&Token=${parts.tokens.write("unsubscribe", subscriptionArn)}`;

export async function envelopeOf(parts: Parts, delivery: Delivery, version: SignatureVersion): Promise<Envelope> {
  const { type, topicArn, subscriptionArn, token, subject, attributes } = delivery;
  const isNotification = type === "Notification";
  const fields = {
    Type: type,
    MessageId: delivery.messageId,
    ...(token === undefined ? {} : { Token: token }),
    TopicArn: topicArn,
    ...(subject === undefined ? {} : { Subject: subject }),
    Message: delivery.message,
    ...(token === undefined ? {} : { SubscribeURL: subscribeUrl(parts, topicArn, token) }),
    Timestamp: new Date(delivery.at).toISOString(),
  };
  const [, , , region = ""] = topicArn.split(":");
  const signed = await parts.signer.sign(region, version, textOf(fields, type));
  return {
    ...fields,
    SignatureVersion: version,
    ...signed,
    ...(isNotification && { UnsubscribeURL: unsubscribeUrl(parts, subscriptionArn) }),
    ...(attributes && Object.keys(attributes).length > 0 && { MessageAttributes: attributes }),
  };
}
