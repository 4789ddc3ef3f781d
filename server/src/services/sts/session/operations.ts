// Temporary credentials: of a role (AssumeRole) and of the caller itself (GetSessionToken).
// Gap: session tags, SourceIdentity and multi-factor codes are refused by name.
// Gap: a session of GetSessionToken may call IAM; AWS asks for a multi-factor code there.
import type { Operations as Contract, Credentials } from "../../../../../contract/sts/types.ts";
import type { Call, Permission, Principal } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { RoleSession, Sessions } from "../../../core/ports.ts";
import type { Operations } from "../../../core/service.ts";

const DEFAULT_ROLE_SECONDS = 3600;
const DEFAULT_TOKEN_SECONDS = 43_200;
/** The account's root gets an hour at most; a longer wish is cut (STS API reference, GetSessionToken). */
const ROOT_TOKEN_SECONDS = 3600;
/** Longest session of a role assumed by a session of a role. */
const CHAINED_SECONDS = 3600;

/** Trust of a role that does not exist: nobody. The refusal is the same as for a role that trusts others. */
const TRUST_NOBODY = `{"Version":"2012-10-17","Statement":[]}`;

export const session = (sessions: Sessions): Operations<Contract> => ({
  AssumeRole: {
    async permissions(input): Promise<readonly Permission[]> {
      const conditions: Record<string, string> = { "sts:RoleSessionName": input.RoleSessionName };
      if (input.ExternalId !== undefined) conditions["sts:ExternalId"] = input.ExternalId;
      return [
        {
          action: "sts:AssumeRole",
          resource: input.RoleArn,
          conditions,
          resourcePolicy: (await sessions.trustPolicy(input.RoleArn)) ?? TRUST_NOBODY,
          ...accountOf(input.RoleArn),
        },
      ];
    },
    async run(input, call) {
      refuseUnbuilt(input, ["Tags", "TransitiveTagKeys", "SourceIdentity", "ProvidedContexts", "SerialNumber"]);
      if (call.principal.kind === "root") throw errors.accessDenied("Roles may not be assumed by root accounts.");
      const seconds = input.DurationSeconds ?? DEFAULT_ROLE_SECONDS;
      if (isRoleSession(call.principal) && seconds > CHAINED_SECONDS) {
        throw errors.validation(
          "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        );
      }
      const made = await sessions.assumeRole({
        roleArn: input.RoleArn,
        sessionName: input.RoleSessionName,
        durationSeconds: seconds,
        policy: input.Policy,
        policyArns: (input.PolicyArns ?? []).flatMap(({ arn }) => arn ?? []),
      });
      return {
        Credentials: credentials(made),
        AssumedRoleUser: { AssumedRoleId: made.principal.userId, Arn: made.principal.arn },
        ...(made.packedPolicyPercent === undefined ? {} : { PackedPolicySize: made.packedPolicyPercent }),
      };
    },
  },
  GetSessionToken: {
    permissions: () => [],
    run(input, { principal }: Call) {
      refuseUnbuilt(input, ["SerialNumber"]);
      if (principal.issuedAt !== undefined) {
        throw errors.accessDenied("Cannot call GetSessionToken with session credentials");
      }
      const wished = input.DurationSeconds ?? DEFAULT_TOKEN_SECONDS;
      const seconds = principal.kind === "root" ? Math.min(wished, ROOT_TOKEN_SECONDS) : wished;
      return { Credentials: credentials(sessions.sessionToken(principal, seconds)) };
    },
  },
});

/** The first-start key speaks for a role but is no session: it has not been issued at a time. */
const isRoleSession = (principal: Principal): boolean =>
  principal.kind === "assumed-role" && principal.issuedAt !== undefined;

function accountOf(roleArn: string): { readonly resourceAccount?: string } {
  const account = roleArn.split(":")[4];
  return account ? { resourceAccount: account } : {};
}

function credentials(made: RoleSession): Credentials {
  return {
    AccessKeyId: made.accessKeyId,
    SecretAccessKey: made.secretAccessKey,
    SessionToken: made.sessionToken,
    Expiration: made.expiresAt / 1000,
  };
}

function refuseUnbuilt(input: object, members: readonly string[]): void {
  const found = Object.entries(input).find(([name, value]) => members.includes(name) && value !== undefined);
  if (found) throw errors.validation(`${found[0]} is not yet available in Sagebrush: leave it out.`);
}
