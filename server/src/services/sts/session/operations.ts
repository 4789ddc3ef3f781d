// Temporary credentials: of a role (AssumeRole) and of the caller itself (GetSessionToken).
// Gap: multi-factor codes and contexts of other providers are refused by name.
// Gap: the packed size of policies and tags is that of their deflated text; AWS packs them in a way of its own.
import type { Operations as Contract } from "../../../../../contract/sts/types.ts";
import type { Call, Permission, Principal } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Sessions } from "../../../core/ports.ts";
import type { Operations } from "../../../core/service.ts";
import { accountOf, assumedRoleUser, credentials, packedSize, refuseUnbuilt } from "../shared/answers.ts";
import { lastingSeconds, narrowing, trustOf } from "../shared/requests.ts";
import { markConditions, marksOf, withMarks } from "../shared/session-tags.ts";

const DEFAULT_ROLE_SECONDS = 3600;
/** Longest session of a role assumed by a session of a role. */
const CHAINED_SECONDS = 3600;

export const session = (sessions: Sessions): Operations<Contract> => ({
  AssumeRole: {
    async permissions(input, { principal }): Promise<readonly Permission[]> {
      const account = accountOf(input.RoleArn);
      const marks = marksOf(input, chained(principal));
      const permission: Permission = {
        action: "sts:AssumeRole",
        resource: input.RoleArn,
        conditions: {
          ...markConditions(input, marks),
          "sts:RoleSessionName": input.RoleSessionName,
          ...(input.ExternalId === undefined ? {} : { "sts:ExternalId": input.ExternalId }),
        },
        resourcePolicy: await trustOf(sessions, input.RoleArn),
        ...(account === "" ? {} : { resourceAccount: account }),
      };
      return withMarks(permission, marks);
    },
    async run(input, { principal }) {
      refuseUnbuilt(input, ["ProvidedContexts", "SerialNumber", "MinimumSessionTokenSize"]);
      if (principal.kind === "root") throw errors.accessDenied("Roles may not be assumed by root accounts.");
      const seconds = input.DurationSeconds ?? DEFAULT_ROLE_SECONDS;
      if (chained(principal) && seconds > CHAINED_SECONDS) {
        throw errors.validation(
          "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        );
      }
      const marks = marksOf(input, chained(principal));
      const made = await sessions.assumeRole({
        ...marks,
        roleArn: input.RoleArn,
        sessionName: input.RoleSessionName,
        durationSeconds: seconds,
        ...narrowing(input),
      });
      return {
        Credentials: credentials(made),
        AssumedRoleUser: assumedRoleUser(made),
        ...packedSize(made.packedPolicyPercent),
        ...(marks.sourceIdentity === undefined ? {} : { SourceIdentity: marks.sourceIdentity }),
      };
    },
  },
  GetSessionToken: {
    permissions: () => [],
    run(input, { principal }: Call) {
      refuseUnbuilt(input, ["SerialNumber", "MinimumSessionTokenSize"]);
      if (principal.issuedAt !== undefined) {
        throw errors.accessDenied("Cannot call GetSessionToken with session credentials");
      }
      const seconds = lastingSeconds(principal, input.DurationSeconds);
      return { Credentials: credentials(sessions.sessionToken(principal, seconds)) };
    },
  },
});

/** The caller when it is a session of a role. The first-start key speaks for a role but has not been issued at a time. */
const chained = (principal: Principal): Principal | undefined =>
  principal.kind === "assumed-role" && principal.issuedAt !== undefined ? principal : undefined;
