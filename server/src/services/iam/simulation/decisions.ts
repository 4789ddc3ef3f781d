// What a simulation says of one action on its resources.
import { setImmediate } from "node:timers/promises";
import type {
  EvaluationResult,
  PolicySourceType,
  ResourceSpecificResult,
  Statement as StatementReference,
} from "../../../../../contract/iam/types.ts";
import type { Permission, Principal } from "../../../core/call.ts";
import { distinct, keysAsked } from "../shared/context-keys.ts";
import {
  type Decision,
  decide,
  type MatchedStatement,
  type NamedPolicy,
  type PolicyLayers,
} from "../shared/evaluation.ts";
import type { Lookup } from "../shared/pattern.ts";
import { type PrincipalFacts, simulatedLookup } from "../shared/request.ts";
import { statementSpans } from "./positions.ts";

export interface Simulated {
  /** Undefined when nobody is named; decided as for a user of the account without a name. */
  readonly caller: Principal | undefined;
  readonly account: string;
  readonly about: PrincipalFacts;
  readonly layers: PolicyLayers;
  readonly conditions: NonNullable<Permission["conditions"]>;
  readonly owner: string | undefined;
}

type Outcome = Decision["outcome"];

/** The result for an action on each of the resources; `*` alone stands for no resource in particular. */
export async function evaluate(
  simulated: Simulated,
  action: string,
  resources: readonly string[],
): Promise<EvaluationResult> {
  const [only, ...others] = await resultsOf(simulated, action, resources);
  if (only?.EvalResourceName === "*" && others.length === 0) {
    const { EvalResourceDecision, EvalResourceName, ...details } = only;
    return { EvalActionName: action, EvalResourceName, EvalDecision: EvalResourceDecision, ...details };
  }
  const results = only ? [only, ...others] : others;
  return {
    EvalActionName: action,
    EvalResourceName: others.length === 0 ? (only?.EvalResourceName ?? "*") : "*",
    EvalDecision: together(results.map(({ EvalResourceDecision }) => EvalResourceDecision)),
    MatchedStatements: others.length === 0 ? (only?.MatchedStatements ?? []) : [],
    MissingContextValues: [],
    EvalDecisionDetails: others.length === 0 ? (only?.EvalDecisionDetails ?? {}) : {},
    ...(only?.PermissionsBoundaryDecisionDetail && {
      PermissionsBoundaryDecisionDetail: {
        AllowedByPermissionsBoundary: results.every(
          ({ PermissionsBoundaryDecisionDetail: detail }) => detail?.AllowedByPermissionsBoundary,
        ),
      },
    }),
    ResourceSpecificResults: results,
  };
}

/** How long the event loop is held at most. */
const SLICE_MS = 5;

async function resultsOf(simulated: Simulated, action: string, resources: readonly string[]) {
  const found: ResourceSpecificResult[] = [];
  let slice = performance.now();
  for (const resource of resources) {
    found.push(resultOf(simulated, action, resource));
    if (performance.now() - slice < SLICE_MS) continue;
    await setImmediate();
    slice = performance.now();
  }
  return found;
}

/** Allowed when every resource is. */
function together(outcomes: readonly Outcome[]): Outcome {
  if (outcomes.includes("explicitDeny")) return "explicitDeny";
  return outcomes.includes("implicitDeny") ? "implicitDeny" : "allowed";
}

function resultOf(simulated: Simulated, action: string, resource: string): ResourceSpecificResult {
  const { caller, layers, conditions, about, account, owner } = simulated;
  const own: Permission = { action, resource, conditions };
  const ownedBy = accountIn(resource) ?? owner;
  const isForeign = ownedBy !== undefined && ownedBy !== account;
  const permission = isForeign ? { ...own, resourceAccount: ownedBy } : own;
  const who: Principal = caller ?? { kind: "user", arn: "", account, userId: "" };
  const lookup = simulatedLookup(caller, permission, about);
  const decision = decide(who, permission, layers, lookup);
  const policies = [layers.resource, ...layers.identity, layers.boundary].filter((policy) => policy !== undefined);
  const outcomeOf = (asked: Permission, among: PolicyLayers, as: Principal = who) =>
    decide(as, asked, among, lookup).outcome;
  return {
    EvalResourceName: resource,
    EvalResourceDecision: decision.outcome,
    MatchedStatements: decision.matched.map(reference),
    MissingContextValues: [...distinct(policies.flatMap((policy) => missingKeys(policy, permission, lookup)))],
    // Both accounts decide: that of the caller without the resource's policy, and the resource's by its policy alone.
    ...(isForeign && {
      EvalDecisionDetails: {
        [IAM_POLICY]: outcomeOf(own, { ...layers, resource: undefined }),
        [RESOURCE_POLICY]: outcomeOf(permission, { identity: [], resource: layers.resource }, { ...who, kind: "root" }),
      },
    }),
    ...(layers.boundary && {
      PermissionsBoundaryDecisionDetail: {
        AllowedByPermissionsBoundary: outcomeOf(own, { identity: [layers.boundary] }) === "allowed",
      },
    }),
  };
}

const accountIn = (arn: string): string | undefined => /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(arn)?.[1];

/** Keys that statements about this action and resource ask for, and that the request does not have. */
function missingKeys({ policy, text }: NamedPolicy, { action, resource }: Permission, lookup: Lookup): string[] {
  const keys = keysAsked(text);
  return policy.statements.flatMap((statement, at) =>
    statement.covers(action, resource, lookup)
      ? (keys[at] ?? []).filter((key) => lookup(key.toLowerCase()) === undefined)
      : [],
  );
}

/** Names of AWS's answers (recorded in the tests of policy tools); the model's own list of types is another. */
const IAM_POLICY = "IAM Policy";
const RESOURCE_POLICY = "Resource Policy";

function reference({ policy, statement }: MatchedStatement): StatementReference {
  const isOfResource = policy.type === "resource";
  return {
    SourcePolicyId: policy.name.slice(policy.name.lastIndexOf("/") + 1),
    SourcePolicyType: (isOfResource ? RESOURCE_POLICY : IAM_POLICY) as PolicySourceType,
    ...statementSpans(policy.text)[policy.policy.statements.indexOf(statement)],
  };
}
