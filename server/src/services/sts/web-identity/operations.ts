// Sessions of a role for whoever has a token of an OpenID Connect provider that the account knows. Nobody signs the call:
// the token says who it is, and the role's trust policy whether that one may.
// Gap: tokens of Login with Amazon, Facebook and Google that are no OpenID Connect tokens (ProviderId) are not taken.
import type { Operations as Contract } from "../../../../../contract/sts/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Authorizer, Sessions, WebIdentity } from "../../../core/ports.ts";
import type { Operations } from "../../../core/service.ts";
import { accountOf, assumedRoleUser, credentials, packedSize, refuseUnbuilt } from "../shared/answers.ts";
import { narrowing, trustOf } from "../shared/requests.ts";
import { markConditions, marksOf, withMarks } from "../shared/session-tags.ts";

const DEFAULT_SECONDS = 3600;

export const webIdentity = (sessions: Sessions, authorizer: Authorizer): Operations<Contract> => ({
  AssumeRoleWithWebIdentity: {
    // Who makes ARNs up writes into nobody's log.
    accountOf: async ({ RoleArn }) =>
      (await sessions.trustPolicy(RoleArn)) === undefined ? "" : (RoleArn.split(":")[4] ?? ""),
    permissions: () => [],
    async run(input, call) {
      refuseUnbuilt(input, ["ProviderId", "MinimumSessionTokenSize"]);
      accountOf(input.RoleArn);
      const identity = await sessions.webIdentity(input.RoleArn, input.WebIdentityToken);
      const wishes = wishesOf(identity);
      const marks = marksOf(wishes);
      const permission: Permission = {
        action: "sts:AssumeRoleWithWebIdentity",
        resource: input.RoleArn,
        conditions: {
          ...identity.federated.claims,
          ...markConditions(wishes, marks),
          "sts:RoleSessionName": input.RoleSessionName,
        },
        resourcePolicy: await trustOf(sessions, input.RoleArn),
      };
      await authorize(authorizer, identity, withMarks(permission, marks), call);
      const made = await sessions.assumeRole({
        ...marks,
        federated: identity.federated,
        roleArn: input.RoleArn,
        sessionName: input.RoleSessionName,
        durationSeconds: input.DurationSeconds ?? DEFAULT_SECONDS,
        ...narrowing(input),
      });
      return {
        Credentials: credentials(made),
        SubjectFromWebIdentityToken: identity.subject,
        AssumedRoleUser: assumedRoleUser(made),
        ...packedSize(made.packedPolicyPercent),
        Provider: identity.issuer,
        Audience: identity.audience,
        ...(marks.sourceIdentity === undefined ? {} : { SourceIdentity: marks.sourceIdentity }),
      };
    },
  },
});

/** What the token asks for its session, as a call would. */
const wishesOf = ({ sessionTags, transitiveTagKeys, sourceIdentity }: WebIdentity) => ({
  Tags: Object.entries(sessionTags).map(([Key, Value]) => ({ Key, Value })),
  TransitiveTagKeys: transitiveTagKeys,
  SourceIdentity: sourceIdentity,
});

/** @throws ApiError AccessDenied, in the words that AWS has for every reason */
async function authorize(
  authorizer: Authorizer,
  { principal }: WebIdentity,
  permissions: readonly Permission[],
  { at, region, sourceIp, userAgent, secure }: Call,
): Promise<void> {
  const refusal = await authorizer.refusal(principal, permissions, { at, region, sourceIp, userAgent, secure });
  if (refusal !== undefined) throw errors.accessDenied("Not authorized to perform sts:AssumeRoleWithWebIdentity");
}
