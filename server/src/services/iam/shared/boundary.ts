// The managed policy that bounds a user or role.
import type { PermissionsBoundaryAttachmentType } from "../../../../../contract/iam/types.ts";
import type { Change } from "../../../store/rows/rows.ts";
import { invalidInput, noSuchEntity } from "../errors.ts";
import { policyLock } from "./attachments.ts";
import type { Identities } from "./identities.ts";
import { parseIamArn } from "./nouns.ts";

/**
 * Part of a change that sets the boundary. Answers as recorded in LocalStack's
 * tests/aws/services/iam/test_iam_roles.snapshot.json.
 * @throws ApiError InvalidInput, NoSuchEntity
 */
export async function boundaryLock(identities: Identities, account: string, arn: string | undefined): Promise<Change> {
  if (arn === undefined) return {};
  if (parseIamArn(arn)?.type !== "policy") throw invalidInput(`ARN ${arn} is not valid.`);
  if ((await identities.attachable(account, arn)) === undefined)
    throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`);
  return policyLock(identities, account, arn);
}

/** AWS answers so, though its model has another word. */
const POLICY = "Policy" as PermissionsBoundaryAttachmentType;

/** The member `PermissionsBoundary` of an answer, absent without one. */
export const boundaryMember = (arn: string | undefined) =>
  arn === undefined ? {} : { PermissionsBoundary: { PermissionsBoundaryType: POLICY, PermissionsBoundaryArn: arn } };
