// What SNS gives to the rest: topics that services of the platform publish to.
import { createOutgoing, type Reach } from "../../core/outgoing.ts";
import { createPace } from "../../core/pace.ts";
import type { Authorizer, TopicSource, Topics } from "../../core/ports.ts";
import { keptKey } from "../../store/durable.ts";
import { createOutbox } from "../../store/outbox.ts";
import { deliver } from "./delivery/deliver.ts";
import { createMailer } from "./delivery/mail.ts";
import { invalidParameter, noTopic, unauthorized } from "./errors.ts";
import { topicArn } from "./shared/arns.ts";
import { broadcast } from "./shared/broadcast.ts";
import type { Broadcast, Delivery, Parts } from "./shared/parts.ts";
import { bytesOf, LARGEST_MESSAGE_BYTES, publish, readMessage } from "./shared/publishing.ts";
import { createSigner, type IssueCertificate } from "./shared/signer.ts";
import { createTokens } from "./shared/tokens.ts";
import { findTopic, policyOf, sourceOwner } from "./shared/topics.ts";

export type { Parts as Sns } from "./shared/parts.ts";

export interface SnsOptions extends Pick<Parts, "rows" | "series" | "policies" | "clock" | "report" | "address"> {
  readonly keyFile: string;
  readonly issue: IssueCertificate;
  /** Where messages may be sent. */
  readonly reach: Reach;
  /** The mail server and the sender of mails; without them nobody subscribes by mail. */
  readonly mail?: { readonly url: string; readonly from: string } | undefined;
}

/** Deliveries at once, in all and to one subscription. */
const WIDTH = 32;
const LANE_WIDTH = 4;

/** Messages that are made into deliveries at once; of one topic one after the other. */
const BROADCAST_WIDTH = 4;

/** What the service, its links and its port work on. Deliveries begin with `startDeliveries`. */
export async function openSns(options: SnsOptions): Promise<Parts> {
  const { rows, series, policies, clock, report, address, issue, mail } = options;
  const masterKey = await keptKey(options.keyFile);
  const ways = { outgoing: createOutgoing(options.reach), pace: createPace(clock) };
  const outbox = createOutbox<Delivery>({
    rows,
    clock,
    kind: "sns:delivery",
    width: WIDTH,
    laneWidth: LANE_WIDTH,
    attempt: (attempt, signal) => deliver(parts, ways, attempt, signal),
    report,
  });
  const broadcasts = createOutbox<Broadcast>({
    rows,
    clock,
    kind: "sns:broadcast",
    width: BROADCAST_WIDTH,
    laneWidth: 1,
    attempt: (attempt) => broadcast(parts, attempt),
    report,
  });
  const signer = createSigner({ rows, clock, masterKey, issue });
  const sendMail = mail && createMailer(mail.url, mail.from);
  const tokens = createTokens(masterKey);
  const parts: Parts = { rows, series, policies, clock, signer, tokens, outbox, broadcasts, sendMail, address, report };
  return parts;
}

/** Takes up what was left. */
export async function startDeliveries({ outbox, broadcasts }: Parts): Promise<void> {
  await outbox.start();
  await broadcasts.start();
}

export async function endDeliveries({ outbox, broadcasts }: Parts): Promise<void> {
  await broadcasts.close();
  await outbox.close();
}

export const createTopics = (parts: Parts, authorizer: Authorizer): Topics => ({
  async publish({ message, subject, ...source }) {
    const topic = await openTopic(parts, authorizer, source);
    const one = readMessage({ Message: message, Subject: subject }, {});
    if (bytesOf(one) > LARGEST_MESSAGE_BYTES) throw invalidParameter("Message too long");
    const [messageId = ""] = await publish(parts, topic, [one]);
    return { messageId };
  },
  async check(source) {
    await openTopic(parts, authorizer, source);
  },
});

/** The topic, to be published to by a service. @throws ApiError NotFound, AuthorizationError */
async function openTopic(parts: Parts, authorizer: Authorizer, source: TopicSource) {
  const { topicArn: arn, servicePrincipal, sourceArn, sourceAccount } = source;
  const [, , service, region = "", account = "", name = "", ...more] = arn.split(":");
  if (service !== "sns" || name === "" || more.length > 0) throw invalidParameter("TopicArn");
  const topic = { account, region, name };
  const row = await findTopic(parts, topic);
  if (row === undefined) throw noTopic();
  const permission = {
    action: "sns:Publish",
    resource: topicArn(topic, name),
    resourceAccount: account,
    resourcePolicy: policyOf(topic, row),
    conditions: {
      ...sourceOwner(sourceAccount),
      "aws:SourceArn": sourceArn,
      "aws:SourceAccount": sourceAccount,
    },
  };
  const facts = { at: parts.clock.now(), region, secure: true };
  const principal = {
    kind: "service",
    arn: servicePrincipal,
    account: sourceAccount,
    userId: servicePrincipal,
  } as const;
  const refusal = await authorizer.refusal(principal, [permission], facts);
  // A topic as it is made lets the alarms of its own account publish: they come in the name of the account.
  if (refusal !== undefined && !(await isLetIn())) throw unauthorized(refusal);
  return { ...topic, row };

  async function isLetIn(): Promise<boolean> {
    if (servicePrincipal !== "cloudwatch.amazonaws.com") return false;
    const role = "AWSServiceRoleForCloudWatchAlarms";
    const inName = {
      kind: "assumed-role",
      arn: `arn:aws:sts::${sourceAccount}:assumed-role/${role}/alarm`,
      roleArn: `arn:aws:iam::${sourceAccount}:role/aws-service-role/events.amazonaws.com/${role}`,
      account: sourceAccount,
      userId: servicePrincipal,
    } as const;
    return (await authorizer.refusal(inName, [permission], facts)) === undefined;
  }
}
