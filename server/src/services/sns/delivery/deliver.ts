// One try of a delivery: over HTTP or by mail, and what its failure means. Source: SNS developer guide, "Amazon SNS message
// delivery retries": no answer in 15 seconds, 429 and 5xx are tried again, other refusals are not.
import { ForbiddenAddress, type Outgoing } from "../../../core/outgoing.ts";
import type { Pace } from "../../../core/pace.ts";
import type { Attempt, Outcome } from "../../../store/outbox.ts";
import { type NamedSubscription, readSubscriptionArn } from "../shared/arns.ts";
import { delayBefore, mailRetries, policyInForce } from "../shared/delivery-policy.ts";
import { count } from "../shared/metrics.ts";
import { envelopeOf } from "../shared/notification.ts";
import { type Delivery, type Parts, placeOf } from "../shared/parts.ts";
import type { SignatureVersion } from "../shared/signer.ts";
import { findSubscription, type SubscriptionRow } from "../shared/subscriptions.ts";
import { findTopic } from "../shared/topics.ts";
import { mailOf } from "./mail.ts";

const TIMEOUT_MS = 15_000;
/** Kept no longer than this, whatever the policy says. */
const LONGEST_MS = 14 * 86_400_000;

export interface Ways {
  readonly outgoing: Outgoing;
  readonly pace: Pace;
}

type Verdict = "delivered" | "refused" | "again";

/** What is known of the subscription; of one that ended only its last message is sent. */
interface Target {
  readonly named: NamedSubscription;
  readonly row?: SubscriptionRow | undefined;
  readonly topicAttributes: Readonly<Record<string, string>>;
  /** In force over HTTP. */
  readonly policy: ReturnType<typeof policyInForce>;
}

export async function deliver(
  parts: Parts,
  ways: Ways,
  attempt: Attempt<Delivery>,
  signal: AbortSignal,
): Promise<Outcome> {
  const { item, tries, createdAt, scope } = attempt;
  const named = readSubscriptionArn(placeOf(scope), item.subscriptionArn);
  const row = await findSubscription(parts, named);
  if (row === undefined && item.type !== "UnsubscribeConfirmation") return "over";
  if (row?.status === "Confirmed" && item.type === "SubscriptionConfirmation") return "over";
  const topic = await findTopic(parts, named);
  const topicAttributes = topic?.document.attributes ?? {};
  const policy = policyInForce(row?.document.attributes["DeliveryPolicy"], topicAttributes["DeliveryPolicy"]);
  const target: Target = { named, row, topicAttributes, policy };
  const isHttp = item.protocol.startsWith("http");
  const most = isHttp ? policy.throttlePolicy?.maxReceivesPerSecond : undefined;
  const turnAt = most === undefined ? undefined : ways.pace(item.subscriptionArn, most);
  if (turnAt !== undefined) return { turnAt };
  const verdict = isHttp ? await post(parts, ways, item, target, signal) : await mail(parts, item, target);
  const notices = item.type === "Notification";
  if (verdict === "delivered") {
    if (notices) count(parts, named, "NumberOfNotificationsDelivered");
    return "over";
  }
  const retries = isHttp ? policy.healthyRetryPolicy : mailRetries;
  const delay = verdict === "again" ? delayBefore(retries, tries + 1) : undefined;
  const now = parts.clock.now();
  if (delay === undefined || now - createdAt > LONGEST_MS) {
    if (notices) count(parts, named, "NumberOfNotificationsFailed");
    return "over";
  }
  return { againAt: now + delay };
}

const versionOf = ({ topicAttributes }: Target): SignatureVersion =>
  topicAttributes["SignatureVersion"] === "2" ? "2" : "1";

async function post(
  parts: Parts,
  { outgoing }: Ways,
  item: Delivery,
  target: Target,
  signal: AbortSignal,
): Promise<Verdict> {
  const isNotification = item.type === "Notification";
  const isRaw = isNotification && target.row?.document.attributes["RawMessageDelivery"] === "true";
  const body = isRaw ? item.message : JSON.stringify(await envelopeOf(parts, item, versionOf(target)), undefined, 2);
  const { requestPolicy } = target.policy;
  try {
    const { status } = await outgoing({
      method: "POST",
      url: item.endpoint,
      headers: {
        "x-amz-sns-message-type": item.type,
        "x-amz-sns-message-id": item.messageId,
        "x-amz-sns-topic-arn": item.topicArn,
        ...(isNotification && { "x-amz-sns-subscription-arn": item.subscriptionArn }),
        ...(isRaw && { "x-amz-sns-rawdelivery": "true" }),
        "content-type": requestPolicy?.headerContentType ?? "text/plain; charset=UTF-8",
        "content-length": String(Buffer.byteLength(body)),
        "user-agent": "Amazon Simple Notification Service Agent",
        "accept-encoding": "gzip,deflate",
      },
      body,
      timeoutMs: TIMEOUT_MS,
      signal,
    });
    return status >= 200 && status < 300 ? "delivered" : status === 429 || status >= 500 ? "again" : "refused";
  } catch (cause) {
    signal.throwIfAborted();
    // Nothing of an endpoint that is not there is our error.
    return cause instanceof ForbiddenAddress ? "refused" : "again";
  }
}

async function mail(parts: Parts, item: Delivery, target: Target): Promise<Verdict> {
  // Without a mail server now: it may be there again after the next start.
  if (parts.sendMail === undefined) return "again";
  const envelope = await envelopeOf(parts, item, versionOf(target));
  try {
    await parts.sendMail(mailOf(item, envelope, target.topicAttributes["DisplayName"]));
    return "delivered";
  } catch (cause) {
    const code = (cause as { readonly responseCode?: unknown }).responseCode;
    // RFC 5321, 4.2.1: 5xx is for good.
    return typeof code === "number" && code >= 500 ? "refused" : "again";
  }
}
