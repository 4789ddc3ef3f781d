// What answers with temporary credentials have in common.
import type { Credentials } from "../../../../../contract/sts/types.ts";
import { errors } from "../../../core/errors.ts";
import type { RoleSession } from "../../../core/ports.ts";

export function credentials(made: RoleSession): Credentials {
  return {
    AccessKeyId: made.accessKeyId,
    SecretAccessKey: made.secretAccessKey,
    SessionToken: made.sessionToken,
    Expiration: made.expiresAt / 1000,
  };
}

export const assumedRoleUser = ({ principal }: RoleSession) => ({
  AssumedRoleId: principal.userId,
  Arn: principal.arn,
});

/** The member of an answer, absent when nothing narrows or marks the session. */
export const packedSize = (percent: number): { readonly PackedPolicySize?: number } =>
  percent === 0 ? {} : { PackedPolicySize: percent };

/** @throws ApiError Validation for a member that is not built */
export function refuseUnbuilt(input: object, members: readonly string[]): void {
  const found = Object.entries(input).find(([name, value]) => members.includes(name) && value !== undefined);
  if (found) throw errors.validation(`${found[0]} is not yet available in Sagebrush: leave it out.`);
}

/**
 * Account of a role.
 * @throws ApiError Validation, as recorded in LocalStack's tests/aws/services/sts/test_sts.snapshot.json
 */
export function accountOf(roleArn: string): string {
  const found = /^arn:[^:]+:[^:]+:[^:]*:([^:]*):.+$/.exec(roleArn);
  if (!found) throw errors.validation(`${roleArn} is invalid`);
  return found[1] ?? "";
}
