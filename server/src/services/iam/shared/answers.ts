// Users, groups, roles and the rest as answers show them, in the form that lists and other nouns' answers share.
import type {
  Group as GroupAnswer,
  InstanceProfile as InstanceProfileAnswer,
  Policy as PolicyAnswer,
  PolicyVersion as PolicyVersionAnswer,
  Role as RoleAnswer,
  User as UserAnswer,
} from "../../../../../contract/iam/types.ts";
import type { Rows } from "../../../store/rows/rows.ts";
import type { UsageCounts } from "./attachments.ts";
import { encodeDocument, wholeSeconds } from "./encoding.ts";
import {
  type Group,
  type InstanceProfile,
  type ManagedPolicy,
  type PolicyVersionRecord,
  ROLE,
  type Role,
  type User,
} from "./nouns.ts";

/** Without tags and boundary. */
export const userAnswer = (user: User): UserAnswer => ({
  Path: user.path,
  UserName: user.name,
  UserId: user.id,
  Arn: user.arn,
  CreateDate: wholeSeconds(user.createdAt),
});

export const groupAnswer = (group: Group): GroupAnswer => ({
  Path: group.path,
  GroupName: group.name,
  GroupId: group.id,
  Arn: group.arn,
  CreateDate: wholeSeconds(group.createdAt),
});

/** What every answer about a role has. */
export const roleAnswer = (role: Role): RoleAnswer => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: role.arn,
  CreateDate: wholeSeconds(role.createdAt),
  AssumeRolePolicyDocument: encodeDocument(role.trust),
});

export const policyAnswer = (policy: ManagedPolicy, counts: UsageCounts): PolicyAnswer => ({
  PolicyName: policy.name,
  PolicyId: policy.id,
  Arn: policy.arn,
  Path: policy.path,
  DefaultVersionId: policy.defaultVersion,
  AttachmentCount: counts.attached.get(policy.arn) ?? 0,
  PermissionsBoundaryUsageCount: counts.boundary.get(policy.arn) ?? 0,
  IsAttachable: true,
  CreateDate: wholeSeconds(policy.createdAt),
  UpdateDate: wholeSeconds(policy.updatedAt),
});

export const versionAnswer = (policy: ManagedPolicy, version: PolicyVersionRecord): PolicyVersionAnswer => ({
  VersionId: version.id,
  IsDefaultVersion: version.id === policy.defaultVersion,
  CreateDate: wholeSeconds(version.createdAt),
});

export const attachedAnswer = (arn: string) => ({
  PolicyName: arn.slice(arn.lastIndexOf("/") + 1),
  PolicyArn: arn,
});

/** Roles that profiles name, as answers show them, by row name. */
export async function rolesOfProfiles(
  rows: Rows,
  account: string,
  profiles: readonly InstanceProfile[],
): Promise<ReadonlyMap<string, RoleAnswer>> {
  const names = [...new Set(profiles.flatMap(({ roles }) => roles))];
  if (names.length === 0) return new Map();
  const found = await rows.getMany<Role>(names.map((name) => ({ kind: ROLE, scope: account, name })));
  return new Map(found.flatMap((row) => (row ? [[row.name, roleAnswer(row.document)]] : [])));
}

/** Without tags. */
export const instanceProfileAnswer = (
  profile: InstanceProfile,
  roles: ReadonlyMap<string, RoleAnswer>,
): InstanceProfileAnswer => ({
  Path: profile.path,
  InstanceProfileName: profile.name,
  InstanceProfileId: profile.id,
  Arn: profile.arn,
  CreateDate: wholeSeconds(profile.createdAt),
  Roles: profile.roles.flatMap((name) => roles.get(name) ?? []),
});
