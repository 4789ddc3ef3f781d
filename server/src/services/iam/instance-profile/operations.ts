// Instance profiles: a name under which a machine is given a role. Nothing here runs machines that take one; they are for
// tools that make them beside a role. Answers as recorded in LocalStack's test_iam_instance_profiles.snapshot.json.
// Gap: an instance profile is kept and given back; there are no EC2 instances that could have it.
import type { Operations as Contract } from "../../../../../contract/iam/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import type { Change, Row } from "../../../store/rows/rows.ts";
import { deleteConflict, entityAlreadyExists, limitExceeded, noSuchEntity } from "../errors.ts";
import { instanceProfileAnswer, rolesOfProfiles } from "../shared/answers.ts";
import { changeRow, created, createRow, lockOf, removeRow } from "../shared/changes.ts";
import { findEntity, onEntity, onNew, onPath, refuseServiceLinked, roles } from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import { INSTANCE_PROFILE, type InstanceProfile, iamArn, instanceProfileKey, roleKey } from "../shared/nouns.ts";
import { type PageRequest, pageOf, pageOfRows } from "../shared/paging.ts";
import { quotas, within } from "../shared/quotas.ts";
import { resourceTags, tagList, tagsMember, withoutTags, withTags } from "../shared/tags.ts";
import { newUniqueId } from "../shared/vault.ts";

const missing = (name: string) => noSuchEntity(`Instance Profile ${name} cannot be found.`);

/** @throws ApiError NoSuchEntity */
async function find(identities: Identities, account: string, name: string): Promise<Row<InstanceProfile>> {
  const row = await identities.rows.get<InstanceProfile>(instanceProfileKey(account, name));
  if (row?.document.name !== name) throw missing(name);
  return row;
}

/** `lock` holds what the change leans on. */
const change = (
  identities: Identities,
  account: string,
  name: string,
  next: (profile: InstanceProfile) => InstanceProfile,
  lock?: () => Promise<Change>,
): Promise<InstanceProfile> => changeRow(identities, () => find(identities, account, name), next, lock);

/** Permission on a profile that is there, with its tags, or on the ARN that it would have. */
const onProfile =
  (identities: Identities) =>
  async (
    input: { readonly InstanceProfileName: string },
    call: Call,
    conditions: Permission["conditions"] = {},
  ): Promise<readonly Permission[]> => {
    const name = input.InstanceProfileName;
    const row = await identities.rows.get<InstanceProfile>(instanceProfileKey(call.account, name));
    return [
      {
        action: `iam:${call.operation}`,
        resource: row?.document.arn ?? iamArn(call.account, "instance-profile", "/", name),
        conditions: { ...resourceTags(row?.document.tags ?? {}), ...conditions },
      },
    ];
  };

async function list(
  { rows }: Identities,
  account: string,
  passes: (profile: InstanceProfile) => boolean,
  request: PageRequest,
) {
  const from = { kind: INSTANCE_PROFILE, scope: account };
  const { items, ...page } = await pageOfRows<InstanceProfile>(rows, from, passes, request);
  const documents = items.map(({ document }) => document);
  const roles = await rolesOfProfiles(rows, account, documents);
  return { InstanceProfiles: documents.map((profile) => instanceProfileAnswer(profile, roles)), ...page };
}

export const instanceProfile = (identities: Identities): Operations<Contract> => ({
  ...profiles(identities),
  ...profileRoles(identities),
  ...profileTags(identities),
});

const profiles = (identities: Identities): Operations<Contract> => ({
  CreateInstanceProfile: {
    permissions: (input, call) => onNew(call, "instance-profile", input.InstanceProfileName, input),
    async run(input, call) {
      const { InstanceProfileName: name, Path: path = "/" } = input;
      const document: InstanceProfile = {
        name,
        path,
        id: newUniqueId("AIPA"),
        arn: iamArn(call.account, "instance-profile", path, name),
        createdAt: call.at,
        roles: [],
        tags: withTags({}, input.Tags ?? []),
      };
      await createRow(
        within(identities, call.account, quotas.instanceProfiles),
        created(instanceProfileKey(call.account, name), document, call.at),
        () => entityAlreadyExists(`Instance Profile ${name} already exists.`),
      );
      return { InstanceProfile: { ...instanceProfileAnswer(document, new Map()), ...tagsMember(document.tags) } };
    },
  },
  GetInstanceProfile: {
    permissions: (input, call) => onProfile(identities)(input, call),
    async run(input, { account }) {
      const { document } = await find(identities, account, input.InstanceProfileName);
      const roles = await rolesOfProfiles(identities.rows, account, [document]);
      return { InstanceProfile: { ...instanceProfileAnswer(document, roles), Tags: tagList(document.tags) } };
    },
  },
  ListInstanceProfiles: {
    permissions: (input, call) => onPath(call, "instance-profile", input.PathPrefix),
    async run(input, { account }) {
      const prefix = input.PathPrefix ?? "/";
      return list(identities, account, ({ path }) => path.startsWith(prefix), input);
    },
  },
  ListInstanceProfilesForRole: {
    permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
    async run(input, { account }) {
      const role = await findEntity(identities, roles, account, input.RoleName);
      return list(identities, account, (profile) => profile.roles.includes(role.name), input);
    },
  },
  DeleteInstanceProfile: {
    permissions: (input, call) => onProfile(identities)(input, call),
    async run(input, { account }) {
      const row = await find(identities, account, input.InstanceProfileName);
      if (row.document.roles.length > 0) {
        throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
      }
      await removeRow(identities, row);
      return {};
    },
  },
});

/** An instance profile holds one role (IAM user guide, "IAM and AWS STS quotas"). */
const MAX_ROLES = 1;

const profileRoles = (identities: Identities): Operations<Contract> => ({
  AddRoleToInstanceProfile: {
    async permissions(input, call) {
      const [role] = await onEntity(identities, roles, call, input.RoleName);
      const passRole = { ...role, action: "iam:PassRole", conditions: { "iam:PassedToService": "ec2.amazonaws.com" } };
      return [...(await onProfile(identities)(input, call)), passRole as Permission];
    },
    async run(input, { account }) {
      const added = roleKey(account, input.RoleName).name;
      await change(
        identities,
        account,
        input.InstanceProfileName,
        (profile) => {
          if (profile.roles.length >= MAX_ROLES) {
            throw limitExceeded(`Cannot exceed quota for InstanceSessionsPerInstanceProfile: ${MAX_ROLES}`);
          }
          return { ...profile, roles: [added] };
        },
        async () => {
          const row = await findEntity(identities, roles, account, input.RoleName);
          refuseServiceLinked(row.document);
          return lockOf(row);
        },
      );
      return {};
    },
  },
  RemoveRoleFromInstanceProfile: {
    permissions: (input, call) => onProfile(identities)(input, call),
    async run(input, { account }) {
      const { InstanceProfileName: name, RoleName: roleName } = input;
      await find(identities, account, name);
      const removed = (await findEntity(identities, roles, account, roleName)).name;
      await change(identities, account, name, (profile) => {
        if (!profile.roles.includes(removed)) {
          throw noSuchEntity(`Role ${roleName} in Instance Profile ${name} cannot be found.`);
        }
        return { ...profile, roles: profile.roles.filter((role) => role !== removed) };
      });
      return {};
    },
  },
});

const profileTags = (identities: Identities): Operations<Contract> => ({
  TagInstanceProfile: {
    permissions: (input, call) => onProfile(identities)(input, call, tagConditions(input.Tags)),
    async run(input, { account }) {
      await change(identities, account, input.InstanceProfileName, (profile) => ({
        ...profile,
        tags: withTags(profile.tags, input.Tags),
      }));
      return {};
    },
  },
  UntagInstanceProfile: {
    permissions: (input, call) => onProfile(identities)(input, call, { "aws:TagKeys": input.TagKeys }),
    async run(input, { account }) {
      await change(identities, account, input.InstanceProfileName, (profile) => ({
        ...profile,
        tags: withoutTags(profile.tags, input.TagKeys),
      }));
      return {};
    },
  },
  ListInstanceProfileTags: {
    permissions: (input, call) => onProfile(identities)(input, call),
    async run(input, { account }) {
      const { document } = await find(identities, account, input.InstanceProfileName);
      const { items, ...page } = pageOf(tagList(document.tags), ({ Key }) => Key, input);
      return { Tags: items, ...page };
    },
  },
});
