// Groups and who is in them. A user names its groups, so that what it may do is read with it. Policies of groups are in
// inline-policy/ and attachment/. Answers as recorded in LocalStack's tests/aws/services/iam/test_iam_groups.snapshot.json.
import type { Operations as Contract } from "../../../../../contract/iam/types.ts";
import type { Operations } from "../../../core/service.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { deleteConflict, limitExceeded } from "../errors.ts";
import { groupAnswer, userAnswer } from "../shared/answers.ts";
import { created, createRow, lockOf, removeRow, rewritten, unchanged } from "../shared/changes.ts";
import {
  changeEntity,
  findEntity,
  groups,
  isThere,
  moveEntity,
  onEntity,
  onMove,
  onNew,
  onPath,
  refuseWithPolicies,
  users,
} from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import { GROUP, type Group, groupKey, iamArn, USER, type User } from "../shared/nouns.ts";
import { allRows, pageOf, pageOfRows } from "../shared/paging.ts";
import { GROUPS_PER_USER, quotas, within } from "../shared/quotas.ts";
import { newUniqueId } from "../shared/vault.ts";

export const group = (identities: Identities): Operations<Contract> => ({
  ...nouns(identities),
  ...membership(identities),
});

const nouns = (identities: Identities): Operations<Contract> => ({
  CreateGroup: {
    permissions: (input, call) => onNew(call, "group", input.GroupName, input),
    async run({ GroupName: name, Path: path = "/" }, call) {
      const document: Group = {
        name,
        path,
        id: newUniqueId("AGPA"),
        arn: iamArn(call.account, "group", path, name),
        createdAt: call.at,
        inline: {},
        attached: [],
        tags: {},
      };
      await createRow(
        within(identities, call.account, quotas.groups),
        created(groupKey(call.account, name), document, call.at),
        isThere(groups, name),
      );
      return { Group: groupAnswer(document) };
    },
  },
  GetGroup: {
    permissions: (input, call) => onEntity(identities, groups, call, input.GroupName),
    async run(input, { account }) {
      const row = await findEntity(identities, groups, account, input.GroupName);
      const isMember = ({ groups: names = [] }: User) => names.includes(row.name);
      const { items, ...page } = await pageOfRows<User>(
        identities.rows,
        { kind: USER, scope: account },
        isMember,
        input,
      );
      return { Group: groupAnswer(row.document), Users: items.map(({ document }) => userAnswer(document)), ...page };
    },
  },
  ListGroups: {
    permissions: (input, call) => onPath(call, "group", input.PathPrefix),
    async run(input, { account }) {
      const prefix = input.PathPrefix ?? "/";
      const { items, ...page } = await pageOfRows<Group>(
        identities.rows,
        { kind: GROUP, scope: account },
        ({ path }) => path.startsWith(prefix),
        input,
      );
      return { Groups: items.map(({ document }) => groupAnswer(document)), ...page };
    },
  },
  UpdateGroup: {
    permissions: ({ GroupName, NewGroupName: name, NewPath: path }, call) =>
      onMove(identities, groups, call, GroupName, { name, path }),
    async run(input, call) {
      await moveEntity(identities, groups, call, {
        from: input.GroupName,
        name: input.NewGroupName,
        path: input.NewPath,
        follow: (row, name) => renamedIn(identities, call.account, row, name),
      });
      return {};
    },
  },
  DeleteGroup: {
    permissions: (input, call) => onEntity(identities, groups, call, input.GroupName),
    async run(input, { account }) {
      const row = await findEntity(identities, groups, account, input.GroupName);
      refuseWithPolicies(row.document);
      if ((await members(identities, account, row.name)).length > 0) {
        throw deleteConflict("Cannot delete entity, must remove users from group first.");
      }
      await removeRow(identities, row);
      return {};
    },
  },
});

const membership = (identities: Identities): Operations<Contract> => ({
  AddUserToGroup: {
    permissions: (input, call) => onEntity(identities, groups, call, input.GroupName),
    async run(input, { account }) {
      await findEntity(identities, groups, account, input.GroupName);
      await changeEntity(
        identities,
        users,
        { account, name: input.UserName },
        (user) => withGroup(user, groupKey(account, input.GroupName).name),
        async () => lockOf(await findEntity(identities, groups, account, input.GroupName)),
      );
      return {};
    },
  },
  RemoveUserFromGroup: {
    permissions: (input, call) => onEntity(identities, groups, call, input.GroupName),
    async run(input, { account }) {
      await findEntity(identities, users, account, input.UserName);
      await findEntity(identities, groups, account, input.GroupName);
      const left = groupKey(account, input.GroupName).name;
      await changeEntity(identities, users, { account, name: input.UserName }, (user) => ({
        ...user,
        groups: (user.groups ?? []).filter((name) => name !== left),
      }));
      return {};
    },
  },
  ListGroupsForUser: {
    permissions: (input, call) => onEntity(identities, users, call, input.UserName),
    async run(input, { account }) {
      const { document } = await findEntity(identities, users, account, input.UserName);
      const { items, ...page } = pageOf(document.groups ?? [], (name) => name, input);
      const keys = items.map((name) => ({ kind: GROUP, scope: account, name }));
      const rows = keys.length === 0 ? [] : await identities.rows.getMany<Group>(keys);
      return { Groups: rows.flatMap((row) => (row ? [groupAnswer(row.document)] : [])), ...page };
    },
  },
});

/** @throws ApiError LimitExceeded */
function withGroup(user: User, name: string): User {
  const present = user.groups ?? [];
  if (present.includes(name)) return user;
  if (present.length >= GROUPS_PER_USER)
    throw limitExceeded(`Cannot exceed quota for GroupsPerUser: ${GROUPS_PER_USER}`);
  return { ...user, groups: [...present, name] };
}

async function members(identities: Identities, account: string, groupName: string): Promise<readonly Row<User>[]> {
  const found: Row<User>[] = [];
  for await (const row of allRows<User>(identities.rows, { kind: USER, scope: account })) {
    if (row.document.groups?.includes(groupName)) found.push(row);
  }
  return found;
}

/** Members name their groups. */
async function renamedIn(identities: Identities, account: string, row: Row<Group>, name: string) {
  const next = groupKey(account, name).name;
  const inIt = await members(identities, account, row.name);
  const moved = inIt.map((user) => {
    const names = (user.document.groups ?? []).map((one) => (one === row.name ? next : one));
    return rewritten(user, { ...user.document, groups: names }, user.modifiedAt);
  });
  return { expect: inIt.map(unchanged), put: moved };
}
