// Credentials of a federated user: somebody whom a user or the account's root vouches for, with no more rights than that
// one has and than the session's policies give (STS API reference, GetFederationToken).
import type { Operations as Contract } from "../../../../../contract/sts/types.ts";
import { errors } from "../../../core/errors.ts";
import type { Sessions } from "../../../core/ports.ts";
import type { Operations } from "../../../core/service.ts";
import { credentials, refuseUnbuilt } from "../shared/answers.ts";
import { markConditions, marksOf, withMarks } from "../shared/session-tags.ts";

const DEFAULT_SECONDS = 43_200;
/** The account's root gets an hour at most; a longer wish is cut. */
const ROOT_SECONDS = 3600;

export const federation = (sessions: Sessions): Operations<Contract> => ({
  GetFederationToken: {
    permissions(input, call) {
      const marks = marksOf(input);
      return withMarks(
        {
          action: "sts:GetFederationToken",
          resource: `arn:aws:sts::${call.account}:federated-user/${input.Name}`,
          conditions: markConditions(input, marks),
        },
        marks,
      );
    },
    async run(input, { principal }) {
      refuseUnbuilt(input, ["MinimumSessionTokenSize"]);
      if (principal.issuedAt !== undefined || principal.kind === "assumed-role") {
        throw errors.accessDenied("Cannot call GetFederationToken with session credentials");
      }
      const wished = input.DurationSeconds ?? DEFAULT_SECONDS;
      const made = await sessions.federate(principal, {
        ...marksOf(input),
        name: input.Name,
        durationSeconds: principal.kind === "root" ? Math.min(wished, ROOT_SECONDS) : wished,
        policy: input.Policy,
        policyArns: (input.PolicyArns ?? []).flatMap(({ arn }) => arn ?? []),
      });
      return {
        Credentials: credentials(made),
        FederatedUser: { FederatedUserId: made.principal.userId, Arn: made.principal.arn },
        PackedPolicySize: made.packedPolicyPercent,
      };
    },
  },
});
