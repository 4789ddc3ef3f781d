// What the operations, the deliveries and the links of SNS work on.
import type { Clock } from "../../../core/clock.ts";
import type { PolicyChecks } from "../../../core/ports.ts";
import type { Outbox } from "../../../store/outbox.ts";
import type { Rows } from "../../../store/rows/rows.ts";
import type { Series } from "../../../store/series/series.ts";
import type { MessageAttribute } from "./message-attributes.ts";
import type { Signer } from "./signer.ts";
import type { Tokens } from "./tokens.ts";

export interface Place {
  readonly account: string;
  readonly region: string;
}

export const scopeOf = ({ account, region }: Place): string => `${account}/${region}`;

export function placeOf(scope: string): Place {
  const [account = "", region = ""] = scope.split("/");
  return { account, region };
}

export type MessageType = "Notification" | "SubscriptionConfirmation" | "UnsubscribeConfirmation";

/** A message on its way to one subscription. */
export interface Delivery {
  readonly type: MessageType;
  readonly topicArn: string;
  readonly subscriptionArn: string;
  /** Where it goes; kept here, since a confirmation of the end outlives its subscription. */
  readonly protocol: string;
  readonly endpoint: string;
  readonly messageId: string;
  readonly message: string;
  readonly subject?: string | undefined;
  readonly attributes?: Readonly<Record<string, MessageAttribute>> | undefined;
  /** Of confirmations. */
  readonly token?: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Message {
  readonly text: string;
  readonly subject?: string | undefined;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  /** Text by protocol, `default` for the others. */
  readonly texts?: Readonly<Record<string, string>>;
}

/** A message that was published. */
export interface Sent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly message: Message;
  /** Of its text and attributes. */
  readonly bytes: number;
}

/** A message to more subscriptions than one commit takes. */
export interface Broadcast extends Sent {
  /** Its name. */
  readonly topic: string;
  /** Name of the last subscription that has its delivery. */
  readonly after?: string | undefined;
}

/** A mail, as text. @throws Error in words when the server does not take it */
export type SendMail = (mail: {
  readonly to: string;
  readonly name: string;
  readonly subject: string;
  readonly text: string;
}) => Promise<void>;

export interface Parts {
  readonly rows: Rows;
  readonly series: Series;
  readonly policies: PolicyChecks;
  readonly clock: Clock;
  readonly signer: Signer;
  readonly tokens: Tokens;
  readonly outbox: Outbox<Delivery>;
  readonly broadcasts: Outbox<Broadcast>;
  /** Absent when no mail server is configured. */
  readonly sendMail?: SendMail | undefined;
  /** Told of what fails behind the back of callers. */
  readonly report: (error: unknown) => void;
  /** `http://127.0.0.1:8000`: where links in messages lead to. */
  readonly address: () => string;
}
