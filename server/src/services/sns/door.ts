// The addresses in messages, which are opened without a signature: the consent to a subscription, its end, and the
// certificate by which signatures are checked. Tokens made here let in.
import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError } from "../../core/errors.ts";
import { newRequestId } from "../../core/ids.ts";
import type { Log } from "../../core/log.ts";
import { invalidParameter } from "./errors.ts";
import { readSubscriptionArn, readTopicArn } from "./shared/arns.ts";
import { confirm, endByLink } from "./shared/confirmation.ts";
import type { Parts } from "./shared/parts.ts";
import { certificateId } from "./shared/signer.ts";

export interface LinkDoor {
  /** Whether the request is for such an address, by its path. */
  isMeant(request: IncomingMessage): boolean;
  /** Answers it. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

const LINK = /^\/\?Action=(ConfirmSubscription|Unsubscribe)&/;

interface Answer {
  readonly status: number;
  readonly type: "text/xml" | "text/html; charset=utf-8" | "application/x-pem-file";
  readonly body: string;
}

export function openLinkDoor(parts: Parts, log: Log): LinkDoor {
  return {
    isMeant({ method, url = "", headers }) {
      if (method === "GET" && certificateId(url) !== undefined) return true;
      const isSigned = headers.authorization !== undefined || url.includes("X-Amz-Signature");
      return (method === "GET" || method === "POST") && LINK.test(url) && !isSigned;
    },
    async handle(request, response) {
      const { status, type, body } = await answer(parts, request).catch((cause: unknown) =>
        failure(request, cause, log),
      );
      // A body that comes with it is not looked at.
      request.resume();
      response.writeHead(status, {
        "content-type": type,
        "content-length": Buffer.byteLength(body),
        "content-security-policy": "default-src 'none'; form-action 'self'",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
        "referrer-policy": "no-referrer",
      });
      response.end(body);
    },
  };
}

async function answer(parts: Parts, request: IncomingMessage): Promise<Answer> {
  const { url = "" } = request;
  const id = certificateId(url);
  if (id !== undefined) {
    const certificate = await parts.signer.certificate(id);
    return { status: certificate ? 200 : 404, type: "application/x-pem-file", body: certificate ?? "" };
  }
  const query = new URLSearchParams(url.slice(url.indexOf("?")));
  return query.get("Action") === "Unsubscribe"
    ? await unsubscribe(parts, request, query)
    : await consent(parts, request, query);
}

async function consent(parts: Parts, request: IncomingMessage, query: URLSearchParams): Promise<Answer> {
  const arn = query.get("TopicArn") ?? "";
  const token = query.get("Token") ?? "";
  const region = regionOf(parts, arn, token);
  const locked = query.get("AuthenticateOnUnsubscribe")?.toLowerCase() === "true";
  const facts = { region, at: parts.clock.now(), signed: false, locked };
  const subscriptionArn = await confirm(parts, token, facts);
  if (isBrowser(request)) return page(200, "Subscription confirmed", `You get the messages of ${arn} from now on.`);
  const result = `<ConfirmSubscriptionResult><SubscriptionArn>${subscriptionArn}</SubscriptionArn></ConfirmSubscriptionResult>`;
  return document(200, "ConfirmSubscriptionResponse", result);
}

/** Of the topic's ARN, which has to be one of the token's region. @throws ApiError InvalidParameter */
function regionOf({ tokens }: Parts, arn: string, token: string): string {
  const region = arn.split(":")[3] ?? "";
  const subscribed = tokens.read("confirm", token)?.split(":")[3];
  try {
    readTopicArn({ account: "", region }, arn);
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    throw invalidParameter("Topic");
  }
  if (subscribed !== undefined && subscribed !== region) throw invalidParameter("Topic");
  return region;
}

async function unsubscribe(parts: Parts, request: IncomingMessage, query: URLSearchParams): Promise<Answer> {
  const arn = query.get("SubscriptionArn") ?? "";
  const named = readSubscriptionArn({ account: "", region: arn.split(":")[3] ?? "" }, arn);
  if (parts.tokens.read("unsubscribe", query.get("Token") ?? "") !== arn) throw invalidParameter("Token");
  if (isBrowser(request) && request.method === "GET") {
    // Programs that look at mails open links: a person has to say it.
    const form = `<form method="post"><button>Unsubscribe</button></form>`;
    return page(200, "Unsubscribe", `End the subscription to the topic ${named.name}?`, form);
  }
  await endByLink(parts, named, parts.clock.now());
  if (isBrowser(request)) return page(200, "Unsubscribed", `You get no more messages of the topic ${named.name}.`);
  return document(200, "UnsubscribeResponse", "");
}

const isBrowser = ({ headers }: IncomingMessage): boolean => /\btext\/html\b/.test(headers.accept ?? "");

function failure(request: IncomingMessage, cause: unknown, log: Log): Answer {
  const error = cause instanceof ApiError ? cause : new ApiError("InternalError", 500, "Try it again.");
  if (!(cause instanceof ApiError)) log.error("A link of SNS could not be followed.", { cause });
  if (isBrowser(request)) return page(error.status, "This did not work", error.message);
  const type = error.status >= 500 ? "Receiver" : "Sender";
  const text = `<Error><Type>${type}</Type><Code>${error.code}</Code><Message>${inHtml(error.message)}</Message></Error>`;
  const id = `<RequestId>${newRequestId()}</RequestId>`;
  const body = `<ErrorResponse xmlns="${NAMESPACE}">${text}${id}</ErrorResponse>`;
  return { status: error.status, type: "text/xml", body };
}

const NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/";

function document(status: number, root: string, result: string): Answer {
  const metadata = `<ResponseMetadata><RequestId>${newRequestId()}</RequestId></ResponseMetadata>`;
  return { status, type: "text/xml", body: `<${root} xmlns="${NAMESPACE}">${result}${metadata}</${root}>` };
}

function page(status: number, title: string, text: string, more = ""): Answer {
  const body =
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${inHtml(title)}</title>` +
    `<h1>${inHtml(title)}</h1><p>${inHtml(text)}</p>${more}</html>\n`;
  return { status, type: "text/html; charset=utf-8", body };
}

const inHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
