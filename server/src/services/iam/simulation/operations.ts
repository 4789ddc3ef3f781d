// Asking what policies would decide, with the evaluation that every call goes through.
// Gap: matched statements are named by policy, without their positions; each resource gets its own result.
// Gap: context keys that policies ask for and the caller did not give are not listed (MissingContextValues is empty).
import type { Operations as Contract, EvaluationResult, PolicySourceType } from "../../../../../contract/iam/types.ts";
import type { Call, Principal } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidInput, noSuchEntity } from "../errors.ts";
import { MalformedPolicy } from "../shared/document.ts";
import { decide, type MatchedStatement, type NamedPolicy, type PolicyLayers } from "../shared/evaluation.ts";
import type { Identities, LoadedEntity } from "../shared/identities.ts";
import { iamArn, parseIamArn } from "../shared/nouns.ts";
import { type PageRequest, pageOf } from "../shared/paging.ts";
import { lookupFor } from "../shared/request.ts";
import { checkIdentityPolicy } from "../shared/validate.ts";

interface Question extends PageRequest {
  readonly ActionNames: readonly string[];
  readonly ResourceArns?: readonly string[] | undefined;
  readonly ResourcePolicy?: string | undefined;
  readonly ResourceOwner?: string | undefined;
  readonly PolicyInputList?: readonly string[] | undefined;
  readonly PermissionsBoundaryPolicyInputList?: readonly string[] | undefined;
  readonly ContextEntries?:
    | readonly {
        readonly ContextKeyName?: string | undefined;
        readonly ContextKeyValues?: readonly string[] | undefined;
      }[]
    | undefined;
}

export const simulation = (identities: Identities): Operations<Contract> => ({
  SimulatePrincipalPolicy: {
    permissions: (input, call) => [{ action: `iam:${call.operation}`, resource: input.PolicySourceArn }],
    async run(input, call) {
      const source = await findSource(identities, call, input.PolicySourceArn);
      const caller = input.CallerArn === undefined ? source.principal : principalOf(call, input.CallerArn);
      const layers = {
        ...source.loaded,
        identity: [...source.loaded.identity, ...given(identities, input.PolicyInputList, "PolicyInputList")],
      };
      return simulate(identities, call, caller, layers, input);
    },
  },
  SimulateCustomPolicy: {
    run(input, call) {
      const caller = principalOf(call, input.CallerArn ?? iamArn(call.account, "user", "/", "simulated"));
      const identity = given(identities, input.PolicyInputList, "PolicyInputList");
      return simulate(identities, call, caller, { identity }, input);
    },
  },
});

/** @throws ApiError InvalidInput, NoSuchEntity */
async function findSource(
  identities: Identities,
  call: Call,
  arn: string,
): Promise<{ readonly principal: Principal; readonly loaded: LoadedEntity }> {
  const parts = parseIamArn(arn);
  if (parts?.type !== "user" && parts?.type !== "group" && parts?.type !== "role") {
    throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`);
  }
  const loaded = await identities[parts.type](call.account, parts.name);
  if (loaded?.entity.arn !== arn) throw noSuchEntity(`The ${parts.type} with name ${parts.name} cannot be found.`);
  return { principal: principalOf(call, arn, loaded.entity.id), loaded };
}

/** A user, or a session of a role. */
function principalOf(call: Call, arn: string, userId = ""): Principal {
  const parts = parseIamArn(arn);
  const { account } = call;
  if (parts?.type !== "role") return { kind: arn.endsWith(":root") ? "root" : "user", arn, account, userId };
  const session = `arn:aws:sts::${account}:assumed-role/${parts.name}/simulated`;
  return { kind: "assumed-role", arn: session, account, userId: `${userId}:simulated`, roleArn: arn };
}

function given(identities: Identities, texts: readonly string[] | undefined, list: string): NamedPolicy[] {
  return (texts ?? []).map((text, at) => {
    checkIdentityPolicy(text);
    return identities.named(`${list}.${at + 1}`, "none", text);
  });
}

function simulate(identities: Identities, call: Call, principal: Principal, from: PolicyLayers, question: Question) {
  const boundaries = given(
    identities,
    question.PermissionsBoundaryPolicyInputList,
    "PermissionsBoundaryPolicyInputList",
  );
  const layers: PolicyLayers = {
    ...from,
    boundary: boundaries[0] ?? from.boundary,
    resource: resourcePolicy(identities, question.ResourcePolicy),
  };
  const conditions = Object.fromEntries(
    (question.ContextEntries ?? []).map(({ ContextKeyName = "", ContextKeyValues = [] }) => [
      ContextKeyName,
      ContextKeyValues,
    ]),
  );
  const owner =
    question.ResourceOwner === undefined
      ? {}
      : { resourceAccount: question.ResourceOwner.split(":")[4] ?? question.ResourceOwner };
  const results = question.ActionNames.flatMap((action) =>
    (question.ResourceArns ?? ["*"]).map((resource): EvaluationResult => {
      const permission = { action, resource, conditions, ...owner };
      const lookup = lookupFor(principal, permission, { at: call.at, region: call.region });
      const decision = decide(principal, permission, layers, lookup);
      return {
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: decision.outcome,
        MatchedStatements: decision.matched.map(statement),
        MissingContextValues: [],
        ...(layers.boundary && {
          PermissionsBoundaryDecisionDetail: {
            AllowedByPermissionsBoundary: decision.layer !== "permissions boundary",
          },
        }),
      };
    }),
  );
  const numbered = results.map((result, at) => ({ result, key: String(at).padStart(8, "0") }));
  const { items, ...page } = pageOf(numbered, ({ key }) => key, question);
  return { EvaluationResults: items.map(({ result }) => result), ...page };
}

function resourcePolicy(identities: Identities, text: string | undefined): NamedPolicy | undefined {
  if (text === undefined) return undefined;
  try {
    return identities.named("ResourcePolicy", "none", text);
  } catch (cause) {
    if (!(cause instanceof MalformedPolicy)) throw cause;
    throw invalidInput(`Invalid resource policy: ${cause.message}`);
  }
}

const statement = ({ policy }: MatchedStatement) => ({
  SourcePolicyId: policy.name.slice(policy.name.lastIndexOf("/") + 1),
  SourcePolicyType: sourceType(policy),
});

function sourceType({ type, name }: NamedPolicy): PolicySourceType {
  if (type === "managed") return name.startsWith("arn:aws:iam::aws:") ? "aws-managed" : "user-managed";
  return type === "user" || type === "role" ? type : "none";
}
