// The managed policy that bounds a user or role.
import { noSuchEntity } from "../errors.ts";
import type { Identities } from "./identities.ts";

/** @throws ApiError NoSuchEntity */
export async function checkBoundary(identities: Identities, arn: string | undefined): Promise<void> {
  if (arn === undefined) return;
  const [document] = await identities.managedPolicies([arn]);
  if (document === undefined) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
}

/** The member `PermissionsBoundary` of an answer, absent without one. */
export const boundaryMember = (arn: string | undefined) =>
  arn === undefined
    ? {}
    : {
        PermissionsBoundary: {
          PermissionsBoundaryType: "PermissionsBoundaryPolicy" as const,
          PermissionsBoundaryArn: arn,
        },
      };
