// The decision about one permission: an explicit deny anywhere wins, then every layer that is there has to allow.
// Source: IAM user guide, "Policy evaluation logic", with "Determining whether a request is allowed or denied".
import type { Permission, Principal } from "../../../core/call.ts";
import { type Policy, type PrincipalMatch, type Statement, stronger } from "./document.ts";
import type { Lookup } from "./pattern.ts";

/** A policy with the name that simulations report. */
export interface NamedPolicy {
  /** ARN of a managed policy; whose and its name of an inline one, `role_Trainer_read-houses`, as AWS's answers have it. */
  readonly name: string;
  readonly type: string;
  readonly policy: Policy;
  /** The document as it was stored: simulations give positions in it. */
  readonly text: string;
}

export interface PolicyLayers {
  /** Inline and attached policies of the user or role. */
  readonly identity: readonly NamedPolicy[];
  readonly boundary?: NamedPolicy | undefined;
  /** Policies that narrow a session; one of them has to allow. */
  readonly session?: readonly NamedPolicy[] | undefined;
  /** Policy of the resource. */
  readonly resource?: NamedPolicy | undefined;
  /** What its access control list allows, which counts as more statements of its policy. */
  readonly grants?: NamedPolicy | undefined;
}

export type Layer = "identity-based policy" | "permissions boundary" | "session policy" | "resource-based policy";

export interface MatchedStatement {
  readonly policy: NamedPolicy;
  readonly statement: Statement;
}

export interface Decision {
  readonly outcome: "allowed" | "explicitDeny" | "implicitDeny";
  /** The layer that denied, or that failed to allow. */
  readonly layer?: Layer;
  /** What decided, the resource's policy first; beside a deny also the allows that it won over. */
  readonly matched: readonly MatchedStatement[];
}

/**
 * Trust policies and key policies are the one place where an identity policy is not enough
 * (IAM user guide, "Evaluating policies within a single account", note on IAM role trust and KMS key policies).
 */
const needsResourcePolicy = (action: string): boolean => action.startsWith("kms:") || isUnderTrust(action);

/** What a role's trust policy is asked for. */
const isUnderTrust = (action: string): boolean => /^sts:(AssumeRole|TagSession|SetSourceIdentity)/.test(action);

/** Callers who have no identity of the account, and so only what a resource's policy gives them. */
const isStranger = ({ kind }: Principal): boolean =>
  kind === "service" || kind === "web-identity" || kind === "anonymous";

/** A key's policy rules also over root (KMS developer guide, "Default key policy"). */
const isUnderKeyPolicy = ({ action, resourcePolicy }: Permission): boolean =>
  action.startsWith("kms:") && resourcePolicy !== undefined;

/** Whether the caller has the permission under the given policies. */
export function decide(principal: Principal, permission: Permission, layers: PolicyLayers, lookup: Lookup): Decision {
  const ask = (policies: readonly NamedPolicy[]) => matching(policies, permission, lookup);
  const identity = ask(layers.identity);
  const boundary = layers.boundary && ask([layers.boundary]);
  const session = layers.session && ask(layers.session);
  const ofResource = (policy: NamedPolicy | undefined) =>
    policy ? ask([policy]).filter(({ statement }) => statement.names(principal) !== "none") : [];
  const resource = layers.grants
    ? [...ofResource(layers.resource), ...ofResource(layers.grants)]
    : ofResource(layers.resource);
  const found: readonly [Layer, readonly MatchedStatement[] | undefined][] = [
    ["identity-based policy", identity],
    ["permissions boundary", boundary],
    ["session policy", session],
    ["resource-based policy", resource],
  ];
  for (const [layer, matched] of found) {
    if (!matched?.some(isDeny)) continue;
    const limits = [...(boundary ?? []), ...(session ?? [])].filter(isDeny);
    return { outcome: "explicitDeny", layer, matched: [...resource, ...identity, ...limits] };
  }
  const missing = missingLayer(principal, permission, {
    // Of a federated user whom root made, the session's policies are all there is.
    identity: identity.length > 0 || (principal.kind === "federated-user" && principal.sessionIssuer === undefined),
    boundary: boundary ? boundary.length > 0 : true,
    // A federated user's session may nothing without a policy of its own (guide, "Session policies", last step).
    session: session ? session.length > 0 : principal.kind !== "federated-user",
    resource: resource.map(({ statement }) => statement.names(principal)).reduce<PrincipalMatch>(stronger, "none"),
  });
  return missing
    ? { outcome: "implicitDeny", layer: missing, matched: [] }
    : { outcome: "allowed", matched: resource.length === 0 ? identity : [...resource, ...identity] };
}

const isDeny = ({ statement }: MatchedStatement): boolean => statement.effect === "Deny";

/** Which layer lets an allow be missing; undefined when the call is allowed. Nothing is denied explicitly here. */
function missingLayer(
  principal: Principal,
  permission: Permission,
  allows: {
    readonly identity: boolean;
    readonly boundary: boolean;
    readonly session: boolean;
    readonly resource: PrincipalMatch;
  },
): Layer | undefined {
  const isForeign = permission.resourceAccount !== undefined && permission.resourceAccount !== principal.account;
  if (isStranger(principal)) return allows.resource === "none" ? "resource-based policy" : undefined;
  if (principal.kind === "root") {
    const mustBeNamed = isForeign || isUnderKeyPolicy(permission);
    return mustBeNamed && allows.resource === "none" ? "resource-based policy" : undefined;
  }
  if ((isForeign || needsResourcePolicy(permission.action)) && allows.resource === "none") {
    return permission.resourcePolicy === undefined && !isForeign
      ? identityChain(allows, false)
      : "resource-based policy";
  }
  // A grant to the caller itself is not limited by boundary or session policy; one to the role behind it is.
  if (!isForeign && allows.resource === "caller") return undefined;
  return identityChain(allows, !isForeign && allows.resource === "role");
}

function identityChain(
  allows: { readonly identity: boolean; readonly boundary: boolean; readonly session: boolean },
  isGranted: boolean,
): Layer | undefined {
  if (!allows.identity && !isGranted) return "identity-based policy";
  if (!allows.boundary) return "permissions boundary";
  return allows.session ? undefined : "session policy";
}

function matching(policies: readonly NamedPolicy[], permission: Permission, lookup: Lookup): MatchedStatement[] {
  const matched: MatchedStatement[] = [];
  for (const policy of policies) {
    for (const statement of policy.policy.statements) {
      if (statement.applies(permission.action, permission.resource, lookup)) matched.push({ policy, statement });
    }
  }
  return matched;
}

/** The refusal in AWS's words (IAM user guide, "Troubleshoot access denied error messages"). */
export function refusalText(principal: Principal, permission: Permission, decision: Decision): string {
  if (principal.kind === "anonymous") return "Access Denied";
  const resource = permission.resource === "*" ? "" : ` on resource: ${permission.resource}`;
  const what = `User: ${principal.arn} is not authorized to perform: ${permission.action}${resource}`;
  const isTrust = decision.layer === "resource-based policy" && isUnderTrust(permission.action);
  const layer = isTrust ? "role trust policy" : (decision.layer ?? "identity-based policy");
  if (decision.outcome === "explicitDeny") {
    const article = isTrust ? "the" : layer === "identity-based policy" ? "an" : "a";
    return `${what} with an explicit deny in ${article} ${layer}`;
  }
  return `${what} because no ${layer} allows the ${permission.action} action`;
}
