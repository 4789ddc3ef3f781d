// The condition keys of a request: global keys from its facts and its caller, then those the operation gives.
// Source: IAM user guide, "AWS global condition context keys".
import type { Permission, Principal } from "../../../core/call.ts";
import type { RequestFacts } from "../../../core/ports.ts";
import type { Lookup } from "./pattern.ts";

/** What policies ask of a principal beyond its ARN. */
export interface PrincipalFacts {
  readonly tags?: Readonly<Record<string, string>>;
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
    const given = find(permission.conditions, key);
    if (given !== undefined) return typeof given === "string" ? [given] : given;
    if (key.startsWith("aws:principaltag/")) {
      const tag = find(about.tags, key.slice("aws:principaltag/".length));
      return tag === undefined ? undefined : [tag];
    }
    const value = globalKey(key, principal, permission, facts);
    return value === undefined ? undefined : [value];
  };
}

/** Names of condition keys and of tags within them are compared without regard to case. */
function find<Value>(values: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined {
  if (!values) return undefined;
  for (const [name, value] of Object.entries(values)) if (name.toLowerCase() === key) return value;
  return undefined;
}

function globalKey(key: string, principal: Principal, permission: Permission, facts: RequestFacts): string | undefined {
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
    case "aws:requestedregion":
      return facts.region;
    case "aws:resourceaccount":
      return permission.resourceAccount ?? principal.account;
    case "aws:viaawsservice":
    case "aws:principalisawsservice":
      return String(key === "aws:principalisawsservice" && principal.kind === "service");
    default:
      return principalKey(key, principal);
  }
}

function principalKey(key: string, principal: Principal): string | undefined {
  switch (key) {
    case "aws:principalarn":
      return principal.roleArn ?? principal.arn;
    case "aws:principalaccount":
      return principal.account;
    case "aws:principaltype":
      return principalTypes[principal.kind];
    case "aws:userid":
      return principal.userId;
    case "aws:username":
      return principal.kind === "user" ? principal.arn.slice(principal.arn.lastIndexOf("/") + 1) : undefined;
    case "aws:principalservicename":
      return principal.kind === "service" ? principal.arn : undefined;
    case "aws:tokenissuetime":
      return principal.issuedAt === undefined ? undefined : new Date(principal.issuedAt).toISOString();
    default:
      return undefined;
  }
}
