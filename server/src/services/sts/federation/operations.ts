// Credentials of a federated user: somebody whom a user or the account's root vouches for, with no more rights than that
// one has and than the session's policies give (STS API reference, GetFederationToken).
import type { Operations as Contract } from "../../../../../contract/sts/types.ts";
import { errors } from "../../../core/errors.ts";
import type { Sessions } from "../../../core/ports.ts";
import type { Operations } from "../../../core/service.ts";
import { credentials, refuseUnbuilt } from "../shared/answers.ts";
import { lastingSeconds, narrowing } from "../shared/requests.ts";
import { markConditions, marksOf, withMarks } from "../shared/session-tags.ts";

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
      const made = await sessions.federate(principal, {
        ...marksOf(input),
        name: input.Name,
        durationSeconds: lastingSeconds(principal, input.DurationSeconds),
        ...narrowing(input),
      });
      return {
        Credentials: credentials(made),
        FederatedUser: { FederatedUserId: made.principal.userId, Arn: made.principal.arn },
        PackedPolicySize: made.packedPolicyPercent,
      };
    },
  },
});
