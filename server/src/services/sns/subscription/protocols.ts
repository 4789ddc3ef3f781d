// Where messages can go, and how an endpoint of each kind is written.
import { ApiError } from "../../../core/errors.ts";
import { invalidParameter } from "../errors.ts";
import type { Parts } from "../shared/parts.ts";

const notYet = (protocol: string) =>
  invalidParameter(
    `Protocol Reason: ${protocol} is not yet available in Sagebrush; use http, https, email or email-json`,
  );

/** @throws ApiError InvalidParameter, also for protocols of AWS that are not here, in words */
export function checkEndpoint(parts: Parts, protocol: string, endpoint: string | undefined): string {
  switch (protocol) {
    case "http":
    case "https":
      return checkUrl(protocol, endpoint);
    case "email":
    case "email-json":
      return checkMail(parts, endpoint);
    case "sqs":
      if (!endpoint?.startsWith("arn:")) throw invalidParameter("SQS endpoint ARN");
      throw notYet(protocol);
    case "sms":
      if (!/^\+?\d+(?:[-/.]?\d+)*$/.test(endpoint ?? "")) {
        throw new ApiError("InvalidParameter", 400, `Invalid SMS endpoint: ${endpoint}`);
      }
      throw notYet(protocol);
    case "lambda":
    case "application":
    case "firehose":
      throw notYet(protocol);
    default:
      throw invalidParameter(`Amazon SNS does not support this protocol string: ${protocol}`);
  }
}

function checkUrl(protocol: string, endpoint: string | undefined): string {
  if (!endpoint?.toLowerCase().startsWith(`${protocol}://`) || !URL.canParse(endpoint)) {
    throw invalidParameter("Endpoint must match the specified protocol");
  }
  return endpoint;
}

function checkMail({ sendMail }: Parts, endpoint: string | undefined): string {
  if (!/^[^\s@<>,;:"()[\]\\]+@[\w-]+(\.[\w-]+)*$/.test(endpoint ?? "")) throw invalidParameter("Email address");
  if (sendMail === undefined) {
    throw invalidParameter(
      "Protocol Reason: this server has no mail server to send by; start it with --smtp and --mail-from",
    );
  }
  return endpoint ?? "";
}
