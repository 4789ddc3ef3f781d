// GetAccountAuthorizationDetails: everything that decides what an account's identities may do, in one list.
import type {
  Operations as Contract,
  GroupDetail,
  InstanceProfile as InstanceProfileAnswer,
  ManagedPolicyDetail,
  RoleDetail,
  UserDetail,
} from "../../../../../contract/iam/types.ts";
import type { Operations } from "../../../core/service.ts";
import {
  attachedAnswer,
  groupAnswer,
  instanceProfileAnswer,
  policyAnswer,
  roleAnswer,
  rolesOfProfiles,
  userAnswer,
  versionAnswer,
} from "../shared/answers.ts";
import { type UsageCounts, usageCounts } from "../shared/attachments.ts";
import { awsManaged } from "../shared/aws-managed.ts";
import { awsPolicies } from "../shared/aws-policies.ts";
import { boundaryMember } from "../shared/boundary.ts";
import { encodeDocument } from "../shared/encoding.ts";
import type { Identities } from "../shared/identities.ts";
import { roleLastUsed } from "../shared/last-used.ts";
import {
  type Entity,
  GROUP,
  type Group,
  INSTANCE_PROFILE,
  type InstanceProfile,
  type ManagedPolicy,
  POLICY,
  ROLE,
  type Role,
  USER,
  type User,
} from "../shared/nouns.ts";
import { allRows, pageOf } from "../shared/paging.ts";
import { tagList } from "../shared/tags.ts";

interface Entry<Document> {
  /** What the whole list is sorted by: users first, AWS's policies last. */
  readonly key: string;
  readonly name: string;
  readonly document: Document;
}

export const accountDetails = (identities: Identities): Operations<Contract> => ({
  GetAccountAuthorizationDetails: {
    async run(input, { account }) {
      const counts = await usageCounts(identities.rows, account);
      const all = await gather(identities, account, counts);
      const isWanted = (filter: string) => !input.Filter?.length || input.Filter.includes(filter as never);
      const lists = Object.entries(all).filter(([filter]) => isWanted(filter));
      const entries: readonly Entry<unknown>[] = lists.flatMap(([, list]) => list as readonly Entry<unknown>[]);
      const { items, ...page } = pageOf(entries, ({ key }) => key, input);
      const shown = new Set(items);
      const of = <Document>(list: readonly Entry<Document>[]) => list.filter((entry) => shown.has(entry));
      const groupNames = new Map(all.Group.map(({ name, document }) => [name, document.name]));
      const profiles = await profilesByRole(identities, account);
      const policies = [...of(all.LocalManagedPolicy), ...of(all.AWSManagedPolicy)];
      return {
        UserDetailList: of(all.User).map(({ document }) => userDetail(document, groupNames)),
        GroupDetailList: of(all.Group).map(({ document }) => groupDetail(document)),
        RoleDetailList: await Promise.all(
          of(all.Role).map(async ({ name, document }) => ({
            ...roleDetail(document, profiles.get(name) ?? []),
            RoleLastUsed: await roleLastUsed(identities.uses, account, document),
          })),
        ),
        Policies: policies.map(({ document }) => policyDetail(document, counts)),
        ...page,
      };
    },
  },
});

/** By the filter that asks for them. */
async function gather({ rows }: Identities, account: string, { attached, boundary }: UsageCounts) {
  const read = async <Document>(place: string, kind: string): Promise<readonly Entry<Document>[]> => {
    const entries: Entry<Document>[] = [];
    for await (const { name, document } of allRows<Document>(rows, { kind, scope: account })) {
      entries.push({ key: `${place}/${name}`, name, document });
    }
    return entries;
  };
  // Of AWS's policies those that somebody has.
  const used = [...awsPolicies.values()].filter(({ arn }) => attached.has(arn) || boundary.has(arn));
  return {
    User: await read<User>("1", USER),
    Group: await read<Group>("2", GROUP),
    Role: await read<Role>("3", ROLE),
    LocalManagedPolicy: await read<ManagedPolicy>("4", POLICY),
    AWSManagedPolicy: used.map((policy): Entry<ManagedPolicy> => {
      return { key: `5/${policy.arn}`, name: policy.name, document: awsManaged(policy) };
    }),
  };
}

async function profilesByRole(
  { rows }: Identities,
  account: string,
): Promise<ReadonlyMap<string, readonly InstanceProfileAnswer[]>> {
  const profiles: InstanceProfile[] = [];
  for await (const { document } of allRows<InstanceProfile>(rows, { kind: INSTANCE_PROFILE, scope: account })) {
    profiles.push(document);
  }
  const roles = await rolesOfProfiles(rows, account, profiles);
  const found = new Map<string, InstanceProfileAnswer[]>();
  for (const profile of profiles) {
    const answer = instanceProfileAnswer(profile, roles);
    for (const role of profile.roles) found.set(role, [...(found.get(role) ?? []), answer]);
  }
  return found;
}

const inlineList = ({ inline }: Entity) =>
  Object.entries(inline).map(([PolicyName, text]) => ({ PolicyName, PolicyDocument: encodeDocument(text) }));

const userDetail = (user: User, groupNames: ReadonlyMap<string, string>): UserDetail => ({
  ...userAnswer(user),
  ...(Object.keys(user.inline).length === 0 ? {} : { UserPolicyList: inlineList(user) }),
  GroupList: (user.groups ?? []).map((name) => groupNames.get(name) ?? name),
  AttachedManagedPolicies: user.attached.map(attachedAnswer),
  ...boundaryMember(user.boundary),
  Tags: tagList(user.tags),
});

const groupDetail = (group: Group): GroupDetail => ({
  ...groupAnswer(group),
  GroupPolicyList: inlineList(group),
  AttachedManagedPolicies: group.attached.map(attachedAnswer),
});

const roleDetail = (role: Role, profiles: readonly InstanceProfileAnswer[]): RoleDetail => ({
  ...roleAnswer(role),
  InstanceProfileList: profiles,
  RolePolicyList: inlineList(role),
  AttachedManagedPolicies: role.attached.map(attachedAnswer),
  ...boundaryMember(role.boundary),
  Tags: tagList(role.tags),
});

const policyDetail = (policy: ManagedPolicy, counts: UsageCounts): ManagedPolicyDetail => ({
  ...policyAnswer(policy, counts),
  ...(policy.description === undefined ? {} : { Description: policy.description }),
  PolicyVersionList: policy.versions.map((version) => ({
    Document: encodeDocument(version.document),
    ...versionAnswer(policy, version),
  })),
});
