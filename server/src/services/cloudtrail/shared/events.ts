// A call as an event: the record that CloudTrail shows and delivers.
// Source: guide, "Log Amazon SageMaker API Calls with AWS CloudTrail"; CloudTrail user guide, "CloudTrail record contents"
// and "CloudTrail userIdentity element".
import type { CallRecord } from "../../../core/call-record.ts";
import { uuidOf } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { kindOf } from "./kinds.ts";
import { sourceOf } from "./sources.ts";

const EVENT_VERSION = "1.05";

export interface CloudTrailEvent {
  readonly eventVersion: string;
  readonly userIdentity: Json;
  readonly eventTime: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestParameters: Json;
  readonly responseElements: Json;
  readonly requestID: string;
  readonly eventID: string;
  readonly readOnly: boolean;
  readonly eventType: "AwsApiCall";
  readonly managementEvent: boolean;
  readonly recipientAccountId: string;
}

export function eventOf(record: CallRecord): CloudTrailEvent {
  const source = sourceOf(record.service);
  const { operation, parameters = null, response = null, errorCode, errorMessage } = record;
  return {
    eventVersion: EVENT_VERSION,
    userIdentity: identityOf(record),
    eventTime: instant(record.at),
    eventSource: source.name,
    eventName: operation,
    awsRegion: record.region,
    sourceIPAddress: record.sourceIp,
    userAgent: record.userAgent,
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(errorMessage === undefined ? {} : { errorMessage }),
    requestParameters: source.camelCase(operation, "input", parameters),
    responseElements: source.camelCase(operation, "output", response),
    requestID: record.requestId,
    eventID: eventId(record),
    readOnly: source.isRead(operation),
    eventType: "AwsApiCall",
    managementEvent: kindOf(record) === "management",
    recipientAccountId: record.account,
  };
}

/** To the second: `2020-09-14T10:07:31Z`. */
export const instant = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, "Z");

/** The same whenever the event is made from its call. */
export const eventId = ({ requestId }: CallRecord): string => uuidOf(`event ${requestId}`);

/** As LookupEvents names who called: the user, or the session of a role. */
export function userNameOf({ principalArn = "" }: CallRecord): string | undefined {
  return principalArn.endsWith(":root") ? "root" : /\/([^/]+)$/.exec(principalArn)?.[1];
}

function identityOf(record: CallRecord): Json {
  const { principalArn: arn = "", principalId = "", accessKeyId, account } = record;
  const who = { principalId, arn, accountId: account, ...(accessKeyId === undefined ? {} : { accessKeyId }) };
  const [, resource = ""] = /^arn:[^:]*:[^:]*:[^:]*:[^:]*:(.*)$/.exec(arn) ?? [];
  const [kind = "", ...names] = resource.split("/");
  switch (kind) {
    case "root":
      return { type: "Root", ...who };
    case "user":
      return { type: "IAMUser", ...who, userName: names.at(-1) ?? "" };
    case "assumed-role":
      return { type: "AssumedRole", ...who, sessionContext: sessionOf(record, names[0] ?? "") };
    case "federated-user":
      return { type: "FederatedUser", ...who };
    default:
      return arn.endsWith(".amazonaws.com") ? { type: "AWSService", invokedBy: arn } : { type: "Unknown", ...who };
  }
}

function sessionOf({ principalId = "", account, roleArn, sessionAt }: CallRecord, roleName: string): Json {
  return {
    sessionIssuer: {
      type: "Role",
      principalId: principalId.split(":")[0] ?? "",
      arn: roleArn ?? `arn:aws:iam::${account}:role/${roleName}`,
      accountId: account,
      userName: roleName,
    },
    attributes: {
      mfaAuthenticated: "false",
      ...(sessionAt === undefined ? {} : { creationDate: instant(sessionAt) }),
    },
  };
}
