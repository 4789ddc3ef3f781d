// Groups and who is in them. A user names its groups, so that what it may do is read with it. Policies of groups are in
// inline-policy/ and attachment/. Answers as recorded in LocalStack's tests/aws/services/iam/test_iam_groups.snapshot.json.
import type { Operations as Contract } from "../../../../../contract/iam/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { deleteConflict, entityAlreadyExists, limitExceeded } from "../errors.ts";
import { groupAnswer, userAnswer } from "../shared/answers.ts";
import {
  changeEntity,
  commitChecked,
  created,
  createRow,
  event,
  findEntity,
  groups,
  onEntity,
  onMove,
  onNew,
  onPath,
  removeRow,
  rewritten,
  unchanged,
  users,
} from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import { GROUP, type Group, groupKey, iamArn, USER, type User } from "../shared/nouns.ts";
import { allRows, pageOf, pageOfRows } from "../shared/paging.ts";
import { GROUPS_PER_USER, quotas, refuseMore } from "../shared/quotas.ts";
import { newUniqueId } from "../shared/vault.ts";

export const group = (identities: Identities): Operations<Contract> => ({
  ...nouns(identities),
  ...membership(identities),
});

const exists = (name: string) => () => entityAlreadyExists(`Group with name ${name} already exists.`);

const nouns = (identities: Identities): Operations<Contract> => ({
  CreateGroup: {
    permissions: (input, call) => onNew(call, "group", input.GroupName, input),
    async run({ GroupName: name, Path: path = "/" }, call) {
      await refuseMore(identities.rows, call.account, quotas.groups);
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
      await createRow(identities, created(groupKey(call.account, name), document, call.at), exists(name));
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
      await rename(identities, call, input);
      return {};
    },
  },
  DeleteGroup: {
    permissions: (input, call) => onEntity(identities, groups, call, input.GroupName),
    async run(input, { account }) {
      const row = await findEntity(identities, groups, account, input.GroupName);
      if (row.document.attached.length > 0) {
        throw deleteConflict("Cannot delete entity, must detach all policies first.");
      }
      if (Object.keys(row.document.inline).length > 0) {
        throw deleteConflict("Cannot delete entity, must delete policies first.");
      }
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
        async () => {
          // Writing the group again holds its deletion and renaming off.
          const row = await findEntity(identities, groups, account, input.GroupName);
          return { expect: [unchanged(row)], put: [rewritten(row, row.document, row.modifiedAt)] };
        },
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

/** Moves a group to a new name, in its members too. */
async function rename(
  identities: Identities,
  call: Call,
  input: {
    readonly GroupName: string;
    readonly NewGroupName?: string | undefined;
    readonly NewPath?: string | undefined;
  },
): Promise<void> {
  const row = await findEntity(identities, groups, call.account, input.GroupName);
  const name = input.NewGroupName ?? row.document.name;
  const path = input.NewPath ?? row.document.path;
  const document: Group = { ...row.document, name, path, arn: iamArn(call.account, "group", path, name) };
  const key = groupKey(call.account, name);
  if (key.name === row.name) {
    await commitChecked(identities, {
      expect: [unchanged(row)],
      put: [rewritten(row, document, call.at)],
      events: [event(row, "updated")],
    });
    return;
  }
  const inIt = await members(identities, call.account, row.name);
  const moved = inIt.map((user) => {
    const names = (user.document.groups ?? []).map((one) => (one === row.name ? key.name : one));
    return rewritten(user, { ...user.document, groups: names }, user.modifiedAt);
  });
  await createRow(identities, { ...rewritten(row, document, call.at), ...key }, exists(name), {
    expect: [unchanged(row), ...inIt.map(unchanged)],
    put: moved,
    remove: [groupKey(call.account, input.GroupName)],
    events: [event(row, "deleted")],
  });
}
