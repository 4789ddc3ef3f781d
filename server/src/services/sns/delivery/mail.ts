// Messages as mails, and the way to a mail server. The library (nodemailer) is loaded for the first mail.
import type { envelopeOf } from "../shared/notification.ts";
import type { Delivery, SendMail } from "../shared/parts.ts";

type Envelope = Awaited<ReturnType<typeof envelopeOf>>;

/** What a mail says. As `email-json` it is the whole document, as `email` its text with the links that belong to it. */
export function mailOf(item: Delivery, envelope: Envelope, displayName: string | undefined): Parameters<SendMail>[0] {
  const [, , , , , topic = ""] = item.topicArn.split(":");
  const name = displayName || topic;
  const subject = item.subject ?? subjects[item.type];
  const text = item.protocol === "email-json" ? JSON.stringify(envelope, undefined, 2) : textOf(item, envelope);
  return { to: item.endpoint, name, subject, text };
}

const subjects = {
  Notification: "Notification Message",
  SubscriptionConfirmation: "Subscription Confirmation",
  UnsubscribeConfirmation: "Unsubscribe Confirmation",
} as const;

function textOf(item: Delivery, { SubscribeURL, UnsubscribeURL }: Envelope): string {
  switch (item.type) {
    case "Notification":
      return `${item.message}\n\n--\nTo get no more messages of this topic, open:\n${UnsubscribeURL}\n`;
    case "SubscriptionConfirmation":
      return (
        `You have been asked to get the messages of the topic\n${item.topicArn}\n\n` +
        `To consent, open:\n${SubscribeURL}\n\nIf you do not want them, do nothing.\n`
      );
    case "UnsubscribeConfirmation":
      return (
        `Your subscription to the topic\n${item.topicArn}\nhas been ended.\n\n` +
        `If this was a mistake, open this to have it back:\n${SubscribeURL}\n`
      );
  }
}

const CONNECT_MS = 15_000;

/** `url`: `smtp://user:password@host:587`, `smtps://…`. `from`: the address that mails come from. */
export function createMailer(url: string, from: string): SendMail {
  let transport: Promise<{ sendMail(mail: object): Promise<unknown> }> | undefined;
  return async ({ to, name, subject, text }) => {
    transport ??= import("nodemailer").then(({ createTransport }) =>
      createTransport({ url, connectionTimeout: CONNECT_MS, greetingTimeout: CONNECT_MS, socketTimeout: CONNECT_MS }),
    );
    await (await transport).sendMail({
      from: { name, address: from },
      to: { name: "", address: to },
      subject,
      text,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  };
}
