// The condition keys of a request: those the operation gives, tags, then global keys from its facts and its caller.
// Source: IAM user guide, "AWS global condition context keys" and "Principal key values".
import { NOBODY, type Permission, type Principal } from "../../../core/call.ts";
import type { RequestFacts } from "../../../core/ports.ts";
import type { Lookup } from "./pattern.ts";

/** What policies ask of a principal beyond its ARN. */
export interface PrincipalFacts {
  /** Tags of the user or role; those of the session stand over them. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Tags of the permission's resource, when they have been read. */
  readonly resourceTags?: Readonly<Record<string, string>> | undefined;
}

const principalTypes = {
  root: "Account",
  user: "User",
  "assumed-role": "AssumedRole",
  "federated-user": "FederatedUser",
  "web-identity": "FederatedUser",
  anonymous: "Anonymous",
  service: "Service",
} as const;

/** Values are worked out when a condition asks for them: most policies ask for none. */
export function lookupFor(
  principal: Principal,
  permission: Permission,
  facts: RequestFacts,
  about: PrincipalFacts = {},
): Lookup {
  return (key) => {
    const given = givenKey(principal, permission, about, key);
    if (given !== undefined) return given;
    const value = requestKey(key, permission, facts) ?? principalKey(key, principal, permission);
    return value === undefined ? undefined : [value];
  };
}

/**
 * The same for a simulated call, which happens at no time and from nowhere: what its caller does not give is absent
 * (IAM user guide, "How the IAM policy simulator works"). Without a principal there is no caller either.
 */
export function simulatedLookup(
  principal: Principal | undefined,
  permission: Permission,
  about: PrincipalFacts = {},
): Lookup {
  return (key) => {
    const given = principal ? givenKey(principal, permission, about, key) : asList(find(permission.conditions, key));
    if (given !== undefined || principal === undefined) return given;
    const value = key === "aws:principalisawsservice" ? undefined : principalKey(key, principal, permission);
    return value === undefined ? undefined : [value];
  };
}

/** aws:ResourceTag/…, the service's own, and s3:ExistingObjectTag/…. */
const RESOURCE_TAG = /^[^:]+:(?:resourcetag|existingobjecttag)\//;

/** Whether a key asks for a tag of the resource. Keys come in lower case. */
export const asksForTag = (key: string): boolean => RESOURCE_TAG.test(key);

function givenKey(
  principal: Principal,
  permission: Permission,
  about: PrincipalFacts,
  key: string,
): readonly string[] | undefined {
  const given = find(permission.conditions, key);
  if (given !== undefined) return asList(given);
  if (key.startsWith("aws:principaltag/")) {
    const tag = key.slice("aws:principaltag/".length);
    return asList(find(principal.tags, tag) ?? find(about.tags, tag));
  }
  if (about.resourceTags && asksForTag(key)) return asList(find(about.resourceTags, tagOf(key)));
  return principal.federated && asList(find(principal.federated.claims, key));
}

const tagOf = (key: string): string => key.slice(key.indexOf("/") + 1);

const asList = (value: string | readonly string[] | undefined): readonly string[] | undefined =>
  typeof value === "string" ? [value] : value;

/** Names of condition keys and of tags within them are compared without regard to case. */
function find<Value>(values: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined {
  if (!values) return undefined;
  for (const [name, value] of Object.entries(values)) if (name.toLowerCase() === key) return value;
  return undefined;
}

/** What is known of the request itself. */
function requestKey(key: string, permission: Permission, facts: RequestFacts): string | undefined {
  switch (key) {
    case "aws:currenttime":
      return new Date(facts.at).toISOString();
    case "aws:epochtime":
      return String(Math.floor(facts.at / 1000));
    case "aws:sourceip":
      return facts.sourceIp;
    case "aws:securetransport":
      return facts.secure === undefined ? undefined : String(facts.secure);
    case "aws:useragent":
      return facts.userAgent;
    case "aws:referer":
      return facts.referer;
    case "aws:requestedregion":
      return facts.region;
    case "aws:viaawsservice":
      // A service that uses a key in the caller's name says so.
      return String(find(permission.conditions, "kms:viaservice") !== undefined);
    default:
      return undefined;
  }
}

/** What is known of the caller. */
function principalKey(key: string, principal: Principal, permission: Permission): string | undefined {
  const isService = principal.kind === "service";
  const isSigned = principal.kind !== "anonymous" && principal.kind !== "web-identity";
  switch (key) {
    case "aws:principalarn":
      return isSigned ? (principal.roleArn ?? principal.arn) : undefined;
    case "aws:principalaccount":
      // A token is no account's yet, not even of the one whose role it asks for.
      return isSigned ? principal.account : NOBODY.userId;
    case "aws:principaltype":
      return principalTypes[principal.kind];
    case "aws:principalisawsservice":
      return isSigned ? String(isService) : undefined;
    case "aws:principalservicename":
    case "aws:principalservicenameslist":
      return isService ? principal.arn : undefined;
    case "aws:resourceaccount":
    case "s3:resourceaccount":
      return permission.resourceAccount ?? principal.account;
    case "aws:userid":
      return principal.userId;
    case "aws:username":
      return principal.kind === "user" ? principal.arn.slice(principal.arn.lastIndexOf("/") + 1) : undefined;
    default:
      return sessionKey(key, principal);
  }
}

/** What is known of temporary credentials; callers with lasting keys have none of it. */
function sessionKey(key: string, { issuedAt, sourceIdentity, federated }: Principal): string | undefined {
  switch (key) {
    case "aws:tokenissuetime":
      return issuedAt === undefined ? undefined : new Date(issuedAt).toISOString();
    case "aws:multifactorauthpresent":
      return issuedAt === undefined ? undefined : "false";
    case "aws:sourceidentity":
      return sourceIdentity;
    case "aws:federatedprovider":
      return federated?.provider;
    default:
      return undefined;
  }
}
