// What IAM gives to STS: temporary credentials of roles, of federated users and of callers themselves.
import { deflateRawSync } from "node:zlib";
import type { Principal } from "../../core/call.ts";
import { ApiError, errors } from "../../core/errors.ts";
import type { Guard } from "../../core/outgoing.ts";
import type { SessionRequest, Sessions } from "../../core/ports.ts";
import { noSuchEntity } from "./errors.ts";
import type { Identities } from "./shared/identities.ts";
import { issueSession, rolePrincipal } from "./shared/sessions.ts";
import { checkIdentityPolicy } from "./shared/validate.ts";
import { accountOfSessionKey } from "./shared/vault.ts";
import { createWebIdentities } from "./web-identity/web-identities.ts";

/** Plain characters of all session policies together (IAM user guide, "IAM and AWS STS quotas"). */
const SESSION_POLICY_CHARACTERS = 2048;

/** `guard`: where identity providers may be. */
export function createSessions(identities: Identities, guard: Guard): Sessions {
  return {
    async trustPolicy(roleArn) {
      return (await identities.roleByArn(roleArn))?.entity.trust;
    },
    async assumeRole({ roleArn, sessionName, ...request }) {
      const role = await identities.roleByArn(roleArn);
      // The call was allowed by its trust policy, so it has been deleted since.
      if (!role) throw noSuchEntity(`The role with name ${roleArn.split("/").at(-1)} cannot be found.`);
      if (request.durationSeconds > role.entity.maxSessionSeconds) {
        throw errors.validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
      }
      return issue(identities, rolePrincipal(roleArn.split(":")[4] ?? "", role.entity, sessionName), request);
    },
    federate(caller, { name, ...request }) {
      const { account, arn, userId, kind } = caller;
      const principal: Principal = {
        kind: "federated-user",
        arn: `arn:aws:sts::${account}:federated-user/${name}`,
        account,
        userId: `${account}:${name}`,
        // Without a session policy it may do only what policies of resources allow it by name.
        sessionPolicies: [],
        ...(kind === "root" ? {} : { sessionIssuer: { arn, userId } }),
      };
      return issue(identities, principal, request);
    },
    sessionToken: (caller, durationSeconds) => issueSession(identities, caller, durationSeconds),
    webIdentity: createWebIdentities(identities, guard),
    async accountOfKey(id) {
      return accountOfSessionKey(id) ?? (await identities.accessKey(id))?.record.account;
    },
  };
}

async function issue(identities: Identities, principal: Principal, request: SessionRequest) {
  const { policy, policyArns, sessionTags = {}, transitiveTagKeys = [], sourceIdentity, federated } = request;
  await checkPolicies(identities, principal.account, policy, policyArns);
  const packedPolicyPercent = packedPercent(request);
  const caller: Principal = {
    ...principal,
    ...(policy === undefined ? {} : { sessionPolicies: [policy] }),
    ...(policyArns.length === 0 ? {} : { sessionPolicyArns: policyArns }),
    ...(Object.keys(sessionTags).length === 0 ? {} : { sessionTags }),
    ...(transitiveTagKeys.length === 0 ? {} : { transitiveTagKeys }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(federated === undefined ? {} : { federated }),
  };
  return { ...issueSession(identities, caller, request.durationSeconds), packedPolicyPercent };
}

/** @throws ApiError PackedPolicyTooLarge, MalformedPolicyDocument, NoSuchEntity */
async function checkPolicies(
  identities: Identities,
  account: string,
  policy: string | undefined,
  policyArns: readonly string[],
): Promise<void> {
  const characters = (policy?.length ?? 0) + policyArns.join("").length;
  if (characters > SESSION_POLICY_CHARACTERS) {
    throw new ApiError(
      "PackedPolicyTooLarge",
      400,
      `Session policies must have at most ${SESSION_POLICY_CHARACTERS} characters, got ${characters}.`,
    );
  }
  if (policy !== undefined) checkIdentityPolicy(policy);
  for (const arn of policyArns) {
    if ((await identities.attachable(account, arn)) === undefined) {
      throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
    }
  }
}

/**
 * How much of the room for policies and tags is taken. AWS packs them by a way of its own; here they are deflated, into
 * as many bytes as policies may have characters. @throws ApiError PackedPolicyTooLarge
 */
function packedPercent({ policy = "", policyArns, sessionTags = {}, transitiveTagKeys = [] }: SessionRequest): number {
  const tags = Object.entries(sessionTags).flat();
  const parts = [policy, ...policyArns, ...tags, ...transitiveTagKeys].filter((part) => part !== "");
  if (parts.length === 0) return 0;
  const percent = Math.ceil((100 * deflateRawSync(parts.join("\n")).length) / SESSION_POLICY_CHARACTERS);
  if (percent <= 100) return percent;
  throw new ApiError(
    "PackedPolicyTooLarge",
    400,
    `Packed size of session policies and session tags consumes ${percent}% of allotted space.`,
  );
}
