// Asking what policies would decide, with the evaluation that every call goes through.
// Gap: of an action on several resources, EvalResourceName is * where AWS gives the form of the resource's ARN.
import { setImmediate } from "node:timers/promises";
import type {
  Operations as Contract,
  EvaluationResult,
  SimulateCustomPolicyRequest,
  SimulatePrincipalPolicyRequest,
} from "../../../../../contract/iam/types.ts";
import type { Principal } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidInput } from "../errors.ts";
import { MalformedPolicy } from "../shared/document.ts";
import { entityByArn } from "../shared/entities.ts";
import type { NamedPolicy, PolicyLayers } from "../shared/evaluation.ts";
import type { Identities, LoadedEntity } from "../shared/identities.ts";
import { parseIamArn } from "../shared/nouns.ts";
import { DEFAULT_ITEMS, pageOf } from "../shared/paging.ts";
import type { PrincipalFacts } from "../shared/request.ts";
import { rolePrincipal } from "../shared/sessions.ts";
import { checkIdentityPolicy } from "../shared/validate.ts";
import { givenContext } from "./context-entries.ts";
import { evaluate } from "./decisions.ts";

type Question = Omit<SimulateCustomPolicyRequest, "PolicyInputList"> &
  Pick<SimulatePrincipalPolicyRequest, "PolicyInputList">;

interface Asked {
  readonly caller: Principal | undefined;
  readonly account: string;
  readonly about: PrincipalFacts;
  readonly layers: PolicyLayers;
}

export const simulation = (identities: Identities): Operations<Contract> => ({
  SimulatePrincipalPolicy: {
    permissions: (input, call) => [{ action: `iam:${call.operation}`, resource: input.PolicySourceArn }],
    async run(input, call) {
      const { principal, loaded } = await findSource(identities, call.account, input.PolicySourceArn);
      const identity = [...loaded.identity, ...given(identities, input.PolicyInputList, "PolicyInputList")];
      const caller = input.CallerArn === undefined ? principal : callerOf(input.CallerArn);
      if (input.ResourcePolicy !== undefined && caller?.kind !== "user") throw notAUser();
      const about = input.CallerArn === undefined ? { tags: loaded.entity.tags } : {};
      const account = caller?.account ?? call.account;
      return simulate(identities, { caller, account, about, layers: { ...loaded, identity } }, input);
    },
  },
  SimulateCustomPolicy: {
    run(input, call) {
      const caller = input.CallerArn === undefined ? undefined : callerOf(input.CallerArn);
      if (input.ResourcePolicy !== undefined && !caller)
        throw invalidInput("CallerArn must be given with ResourcePolicy: its Principal is compared with the caller.");
      const identity = given(identities, input.PolicyInputList, "PolicyInputList");
      const account = caller?.account ?? call.account;
      return simulate(identities, { caller, account, about: {}, layers: { identity } }, input);
    },
  },
});

/** @throws ApiError InvalidInput, NoSuchEntity */
async function findSource(
  identities: Identities,
  account: string,
  arn: string,
): Promise<{ readonly principal: Principal | undefined; readonly loaded: LoadedEntity }> {
  const { type, loaded } = await entityByArn(identities, account, arn);
  if (type === "user") return { principal: userOf(arn, account, loaded.entity.id), loaded };
  // A group is nobody: its policies are simulated without a caller.
  return { principal: type === "role" ? rolePrincipal(account, loaded.entity, "simulated") : undefined, loaded };
}

const userOf = (arn: string, account: string, userId = ""): Principal => ({ kind: "user", arn, account, userId });

/** AWS's words for a caller that is no user. */
const notAUser = () => invalidInput("Invalid caller - Caller must be an IAM user in this context.");

/** @throws ApiError InvalidInput */
function callerOf(arn: string): Principal {
  const parts = parseIamArn(arn);
  if (parts?.type !== "user") throw notAUser();
  return userOf(arn, parts.account);
}

/** @throws ApiError InvalidInput */
function given(identities: Identities, texts: readonly string[] | undefined, list: string): NamedPolicy[] {
  return (texts ?? []).map((text, at) => {
    checkIdentityPolicy(text);
    return identities.named(`${list}.${at + 1}`, "none", text);
  });
}

/** Actions times resources of one page at most; a page has one action at least. */
const MOST_DECISIONS = 10_000;

async function simulate(identities: Identities, asked: Asked, question: Question) {
  const boundaryTexts = question.PermissionsBoundaryPolicyInputList;
  const [boundary] = given(identities, boundaryTexts, "PermissionsBoundaryPolicyInputList");
  const layers: PolicyLayers = {
    ...asked.layers,
    boundary: boundary ?? asked.layers.boundary,
    resource: resourcePolicy(identities, question.ResourcePolicy),
  };
  if (question.ResourceHandlingOption !== undefined)
    throw invalidInput("ResourceHandlingOption is for resources of EC2, which Sagebrush does not serve.");
  const { ResourceOwner } = question;
  const owner = ResourceOwner?.includes(":") ? ResourceOwner.split(":")[4] : ResourceOwner;
  const simulated = { ...asked, layers, owner, conditions: givenContext(question.ContextEntries) };
  for (const action of question.ActionNames) checkAction(action);
  const resources = question.ResourceArns ?? ["*"];
  const most = Math.max(1, Math.floor(MOST_DECISIONS / Math.max(1, resources.length)));
  const numbered = question.ActionNames.map((action, at) => ({ action, key: String(at).padStart(8, "0") }));
  const MaxItems = Math.min(question.MaxItems ?? DEFAULT_ITEMS, most);
  const { items, ...page } = pageOf(numbered, ({ key }) => key, { Marker: question.Marker, MaxItems });
  const EvaluationResults: EvaluationResult[] = [];
  for (const { action } of items) {
    await setImmediate();
    EvaluationResults.push(await evaluate(simulated, action, resources));
  }
  return { EvaluationResults, ...page };
}

/** @throws ApiError InvalidInput */
function checkAction(action: string): void {
  if (!/^[^:*?]+:[^:*?]+$/.test(action))
    throw invalidInput(`Expected the name of an action with its service and without wildcards, got ${action}.`);
}

/** @throws ApiError InvalidInput */
function resourcePolicy(identities: Identities, text: string | undefined): NamedPolicy | undefined {
  if (text === undefined) return undefined;
  try {
    return identities.named("ResourcePolicy", "resource", text);
  } catch (cause) {
    if (!(cause instanceof MalformedPolicy)) throw cause;
    throw invalidInput(`Invalid resource policy: ${cause.message}`);
  }
}
