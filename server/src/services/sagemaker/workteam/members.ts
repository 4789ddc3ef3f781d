// Who belongs to a work team: groups of one Cognito user pool, or groups of one OIDC provider, never both.
import type { MemberDefinition } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import type { WorkforceDocument } from "../shared/workforce.ts";

/** @throws ApiError Validation */
export function checkMembers(members: readonly MemberDefinition[]): void {
  const kinds = new Set(members.map(kindOf));
  if (kinds.size > 1)
    throw errors.validation(
      "MemberDefinitions: expected only CognitoMemberDefinition or only OidcMemberDefinition, got both.",
    );
  const pools = new Set(
    members.map(({ CognitoMemberDefinition: one }) => JSON.stringify([one?.UserPool, one?.ClientId])),
  );
  if (pools.size > 1)
    throw errors.validation("MemberDefinitions: expected one UserPool and one ClientId for all groups, got several.");
}

/** @throws ApiError Validation unless it is of exactly one kind and names a group */
function kindOf({ CognitoMemberDefinition, OidcMemberDefinition }: MemberDefinition): "cognito" | "oidc" {
  if ((CognitoMemberDefinition === undefined) === (OidcMemberDefinition === undefined))
    throw errors.validation(
      `Each of MemberDefinitions: expected CognitoMemberDefinition or OidcMemberDefinition, got ${CognitoMemberDefinition ? "both" : "neither"}.`,
    );
  if (OidcMemberDefinition && !OidcMemberDefinition.Groups?.length)
    throw errors.validation("OidcMemberDefinition.Groups: expected 1 to 10 groups, got none.");
  return CognitoMemberDefinition ? "cognito" : "oidc";
}

/** Whether groups are of the pool or the kind of provider that the workforce is of. */
export const isOfWorkforce = (members: readonly MemberDefinition[], workforce: WorkforceDocument): boolean =>
  members.every(({ CognitoMemberDefinition: group }) =>
    workforce.CognitoConfig
      ? group?.UserPool === workforce.CognitoConfig.UserPool && group.ClientId === workforce.CognitoConfig.ClientId
      : group === undefined,
  );
