// What IAM gives to STS: temporary credentials of roles and of callers themselves.
import { ApiError, errors } from "../../core/errors.ts";
import type { Sessions } from "../../core/ports.ts";
import { noSuchEntity } from "./errors.ts";
import type { Identities } from "./shared/identities.ts";
import { issueSession, rolePrincipal } from "./shared/sessions.ts";
import { checkIdentityPolicy } from "./shared/validate.ts";

/** Plain characters of all session policies together (IAM user guide, "IAM and AWS STS quotas"). */
const SESSION_POLICY_CHARACTERS = 2048;

export function createSessions(identities: Identities): Sessions {
  return {
    async trustPolicy(roleArn) {
      return (await identities.roleByArn(roleArn))?.entity.trust;
    },
    async assumeRole({ roleArn, sessionName, durationSeconds, policy, policyArns }) {
      const role = await identities.roleByArn(roleArn);
      // The call was allowed by its trust policy, so it has been deleted since.
      if (!role) throw noSuchEntity(`The role with name ${roleArn.split("/").at(-1)} cannot be found.`);
      if (durationSeconds > role.entity.maxSessionSeconds) {
        throw errors.validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
      }
      const policies = await sessionPolicies(identities, policy, policyArns);
      const account = roleArn.split(":")[4] ?? "";
      const principal = rolePrincipal(account, role.entity, sessionName);
      if (policies.length === 0) return issueSession(identities, principal, durationSeconds);
      const session = issueSession(identities, { ...principal, sessionPolicies: policies }, durationSeconds);
      const packed = (policy?.length ?? 0) + policyArns.join("").length;
      return { ...session, packedPolicyPercent: Math.ceil((100 * packed) / SESSION_POLICY_CHARACTERS) };
    },
    sessionToken: (caller, durationSeconds) => issueSession(identities, caller, durationSeconds),
  };
}

async function sessionPolicies(
  identities: Identities,
  policy: string | undefined,
  policyArns: readonly string[],
): Promise<string[]> {
  if (policy !== undefined) {
    if (policy.length > SESSION_POLICY_CHARACTERS) {
      throw new ApiError(
        "PackedPolicyTooLarge",
        400,
        `Session policies must have at most ${SESSION_POLICY_CHARACTERS} characters, got ${policy.length}.`,
      );
    }
    checkIdentityPolicy(policy);
  }
  const documents = await identities.managedPolicies(policyArns);
  const managed = documents.map((document, at) => {
    if (document === undefined) throw noSuchEntity(`Policy ${policyArns[at]} does not exist or is not attachable.`);
    return document;
  });
  return policy === undefined ? managed : [policy, ...managed];
}
