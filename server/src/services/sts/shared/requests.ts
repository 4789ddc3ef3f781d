// What calls for temporary credentials have in common: who trusts, what narrows, how long root's last.
import type { Principal } from "../../../core/call.ts";
import type { Sessions } from "../../../core/ports.ts";

/** Trust of a role that does not exist: nobody. The refusal is the same as for a role that trusts others. */
const TRUST_NOBODY = `{"Version":"2012-10-17","Statement":[]}`;

export const trustOf = async (sessions: Sessions, roleArn: string): Promise<string> =>
  (await sessions.trustPolicy(roleArn)) ?? TRUST_NOBODY;

/** The policies that a call narrows its session by. */
export const narrowing = (input: {
  readonly Policy?: string | undefined;
  readonly PolicyArns?: readonly { readonly arn?: string | undefined }[] | undefined;
}) => ({
  policy: input.Policy,
  policyArns: (input.PolicyArns ?? []).flatMap(({ arn }) => arn ?? []),
});

const DEFAULT_SECONDS = 43_200;
const ROOT_SECONDS = 3600;

/** The account's root gets an hour at most; a longer wish is cut (STS API reference, GetSessionToken and GetFederationToken). */
export function lastingSeconds({ kind }: Principal, wished = DEFAULT_SECONDS): number {
  return kind === "root" ? Math.min(wished, ROOT_SECONDS) : wished;
}
