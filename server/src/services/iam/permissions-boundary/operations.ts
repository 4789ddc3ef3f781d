// Permissions boundaries of users and roles that are there. One may also be given when they are made.
import type { Operations as Contract } from "../../../../../contract/iam/types.ts";
import type { Operations } from "../../../core/service.ts";
import { boundaryLock } from "../shared/boundary.ts";
import {
  type At,
  changeEntity,
  type EntityType,
  findEntity,
  onEntity,
  refuseServiceLinked,
  roles,
  users,
} from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import type { Entity } from "../shared/nouns.ts";

export const permissionsBoundary = (identities: Identities): Operations<Contract> => ({
  PutUserPermissionsBoundary: {
    permissions: (input, call) => onEntity(identities, users, call, input.UserName, asked(input.PermissionsBoundary)),
    run: (input, { account }) => put(identities, users, { account, name: input.UserName }, input.PermissionsBoundary),
  },
  PutRolePermissionsBoundary: {
    permissions: (input, call) => onEntity(identities, roles, call, input.RoleName, asked(input.PermissionsBoundary)),
    run: (input, { account }) => put(identities, roles, { account, name: input.RoleName }, input.PermissionsBoundary),
  },
  DeleteUserPermissionsBoundary: {
    permissions: (input, call) => onEntity(identities, users, call, input.UserName),
    run: (input, { account }) => remove(identities, users, { account, name: input.UserName }),
  },
  DeleteRolePermissionsBoundary: {
    permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
    run: (input, { account }) => remove(identities, roles, { account, name: input.RoleName }),
  },
});

/** Policies ask for the boundary that is to be, not for the one that is. */
const asked = (boundary: string) => ({ conditions: { "iam:PermissionsBoundary": boundary } });

async function put<Document extends Entity>(
  identities: Identities,
  type: EntityType<Document>,
  at: At,
  boundary: string,
) {
  await findEntity(identities, type, at.account, at.name);
  const change = (entity: Document) => {
    refuseServiceLinked(entity);
    return { ...entity, boundary };
  };
  await changeEntity(identities, type, at, change, () => boundaryLock(identities, at.account, boundary));
  return {};
}

async function remove<Document extends Entity>(identities: Identities, type: EntityType<Document>, at: At) {
  await changeEntity(identities, type, at, (entity) => {
    refuseServiceLinked(entity);
    const { boundary: _removed, ...rest } = entity;
    return rest as Document;
  });
  return {};
}
