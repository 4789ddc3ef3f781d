// Users. Their policies are in inline-policy/ and attachment/, their keys in access-key/, tags in tag/.
// Gap: no log-in profiles, MFA devices, signing certificates, SSH keys and credentials of single services.
import type { Operations as Contract, User as UserAnswer } from "../../../../../contract/iam/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import { deleteConflict } from "../errors.ts";
import { userAnswer } from "../shared/answers.ts";
import { boundaryLock, boundaryMember } from "../shared/boundary.ts";
import { created, createRow, removeRow, rewritten, unchanged } from "../shared/changes.ts";
import {
  findEntity,
  isThere,
  moveEntity,
  onEntity,
  onMove,
  onNew,
  onPath,
  refuseWithPolicies,
  userNameOf,
  users,
} from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import { type AccessKeyRecord, iamArn, keysOfUser, USER, type User, userKey } from "../shared/nouns.ts";
import { pageOfRows } from "../shared/paging.ts";
import { quotas, within } from "../shared/quotas.ts";
import { tagsMember, withTags } from "../shared/tags.ts";
import { newUniqueId } from "../shared/vault.ts";

const fullAnswer = (user: User): UserAnswer => ({
  ...userAnswer(user),
  ...boundaryMember(user.boundary),
  ...tagsMember(user.tags),
});

export const user = (identities: Identities): Operations<Contract> => ({
  CreateUser: {
    permissions: (input, call) => onNew(call, "user", input.UserName, input),
    async run(input, call) {
      const { UserName: name, Path: path = "/" } = input;
      const lock = await boundaryLock(identities, call.account, input.PermissionsBoundary);
      const key = userKey(call.account, name);
      const document: User = {
        name,
        path,
        id: newUniqueId("AIDA"),
        arn: iamArn(call.account, "user", path, name),
        createdAt: call.at,
        inline: {},
        attached: [],
        tags: withTags({}, input.Tags ?? []),
        ...(input.PermissionsBoundary === undefined ? {} : { boundary: input.PermissionsBoundary }),
      };
      await createRow(
        within(identities, call.account, quotas.users),
        created(key, document, call.at),
        isThere(users, name),
        lock,
      );
      return { User: fullAnswer(document) };
    },
  },
  GetUser: {
    permissions: (input, call) =>
      input.UserName === undefined && call.principal.kind === "root"
        ? []
        : onEntity(identities, users, call, userNameOf(input.UserName, call)),
    async run(input, call) {
      if (input.UserName === undefined && call.principal.kind === "root") return { User: rootAnswer(call) };
      const { document } = await findEntity(identities, users, call.account, userNameOf(input.UserName, call));
      return { User: fullAnswer(document) };
    },
  },
  ListUsers: {
    permissions: (input, call) => onPath(call, "user", input.PathPrefix),
    async run(input, call) {
      const prefix = input.PathPrefix ?? "/";
      const { items, ...page } = await pageOfRows<User>(
        identities.rows,
        { kind: USER, scope: call.account },
        (document) => document.path.startsWith(prefix),
        input,
      );
      return { Users: items.map((row) => userAnswer(row.document)), ...page };
    },
  },
  UpdateUser: {
    permissions: ({ UserName, NewUserName: name, NewPath: path }, call) =>
      onMove(identities, users, call, UserName, { name, path }),
    async run(input, call) {
      await moveEntity(identities, users, call, {
        from: input.UserName,
        name: input.NewUserName,
        path: input.NewPath,
        follow: (_row, name) => keysMoved(identities, call, input.UserName, name),
      });
      return {};
    },
  },
  DeleteUser: {
    permissions: (input, call) => onEntity(identities, users, call, input.UserName),
    async run(input, call) {
      const row = await findEntity(identities, users, call.account, input.UserName);
      if ((row.document.groups ?? []).length > 0) {
        throw deleteConflict("Cannot delete entity, must remove users from group first.");
      }
      const keys = await identities.rows.list({ ...keysOfUser(call.account, input.UserName), limit: 1 });
      if (keys.rows.length > 0) throw deleteConflict("Cannot delete entity, must delete access keys first.");
      refuseWithPolicies(row.document);
      await removeRow(identities, row);
      return {};
    },
  },
});

/** Root has neither a name nor a row; the account began with the server. */
const rootAnswer = (call: Call): UserAnswer => ({
  Path: "/",
  UserName: "root",
  UserId: call.account,
  Arn: call.principal.arn,
  CreateDate: 0,
});

/** Keys say whose they are. */
async function keysMoved(identities: Identities, call: Call, from: string, name: string) {
  const keys = await identities.rows.list<AccessKeyRecord>({ ...keysOfUser(call.account, from), limit: 100 });
  const put = keys.rows.map((one) => ({
    ...rewritten(one, { ...one.document, owner: { kind: "user", userName: name } }, call.at),
    parent: keysOfUser(call.account, name).parent,
  }));
  return { expect: keys.rows.map(unchanged), put };
}
