// Policies that live within a user, group or role.
import type { Operations as Contract } from "../../../../../contract/iam/types.ts";
import type { Operations } from "../../../core/service.ts";
import { limitExceeded, noSuchEntity } from "../errors.ts";
import { encodeDocument } from "../shared/encoding.ts";
import {
  type At,
  changeEntity,
  type EntityType,
  findEntity,
  groups,
  onEntity,
  refuseServiceLinked,
  roles,
  users,
} from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import type { Entity } from "../shared/nouns.ts";
import { type PageRequest, pageOf } from "../shared/paging.ts";
import { checkIdentityPolicy } from "../shared/validate.ts";

export const inlinePolicy = (identities: Identities): Operations<Contract> => {
  const ofUser = inlineOf(identities, users);
  const ofGroup = inlineOf(identities, groups);
  const ofRole = inlineOf(identities, roles);
  return {
    PutGroupPolicy: {
      permissions: (input, call) => onEntity(identities, groups, call, input.GroupName),
      run: (input, { account }) =>
        ofGroup.put({ account, name: input.GroupName }, input.PolicyName, input.PolicyDocument),
    },
    GetGroupPolicy: {
      permissions: (input, call) => onEntity(identities, groups, call, input.GroupName),
      run: async (input, { account }) => ({
        GroupName: input.GroupName,
        ...(await ofGroup.get({ account, name: input.GroupName }, input.PolicyName)),
      }),
    },
    DeleteGroupPolicy: {
      permissions: (input, call) => onEntity(identities, groups, call, input.GroupName),
      run: (input, { account }) => ofGroup.remove({ account, name: input.GroupName }, input.PolicyName),
    },
    ListGroupPolicies: {
      permissions: (input, call) => onEntity(identities, groups, call, input.GroupName),
      run: (input, { account }) => ofGroup.list({ account, name: input.GroupName }, input),
    },
    PutUserPolicy: {
      permissions: (input, call) => onEntity(identities, users, call, input.UserName),
      run: (input, { account }) =>
        ofUser.put({ account, name: input.UserName }, input.PolicyName, input.PolicyDocument),
    },
    PutRolePolicy: {
      permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
      run: (input, { account }) =>
        ofRole.put({ account, name: input.RoleName }, input.PolicyName, input.PolicyDocument),
    },
    GetUserPolicy: {
      permissions: (input, call) => onEntity(identities, users, call, input.UserName),
      run: async (input, { account }) => ({
        UserName: input.UserName,
        ...(await ofUser.get({ account, name: input.UserName }, input.PolicyName)),
      }),
    },
    GetRolePolicy: {
      permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
      run: async (input, { account }) => ({
        RoleName: input.RoleName,
        ...(await ofRole.get({ account, name: input.RoleName }, input.PolicyName)),
      }),
    },
    DeleteUserPolicy: {
      permissions: (input, call) => onEntity(identities, users, call, input.UserName),
      run: (input, { account }) => ofUser.remove({ account, name: input.UserName }, input.PolicyName),
    },
    DeleteRolePolicy: {
      permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
      run: (input, { account }) => ofRole.remove({ account, name: input.RoleName }, input.PolicyName),
    },
    ListUserPolicies: {
      permissions: (input, call) => onEntity(identities, users, call, input.UserName),
      run: (input, { account }) => ofUser.list({ account, name: input.UserName }, input),
    },
    ListRolePolicies: {
      permissions: (input, call) => onEntity(identities, roles, call, input.RoleName),
      run: (input, { account }) => ofRole.list({ account, name: input.RoleName }, input),
    },
  };
};

/** The four verbs, for users, groups or roles. */
function inlineOf<Document extends Entity>(identities: Identities, type: EntityType<Document>) {
  const missing = (name: string) => noSuchEntity(`The ${type.word} policy with name ${name} cannot be found.`);
  return {
    async put(at: At, policyName: string, document: string) {
      await changeEntity(identities, type, at, (entity) => {
        refuseServiceLinked(entity);
        checkIdentityPolicy(document);
        const inline = { ...entity.inline, [policyName]: document };
        const characters = Object.values(inline).join("").replace(/\s/g, "").length;
        if (characters > type.inlineCharacters) {
          throw limitExceeded(
            `Maximum policy size of ${type.inlineCharacters} bytes exceeded for ${type.word} ${entity.name}`,
          );
        }
        return { ...entity, inline };
      });
      return {};
    },
    async get(at: At, policyName: string) {
      const { document } = await findEntity(identities, type, at.account, at.name);
      const text = document.inline[policyName];
      if (text === undefined) throw missing(policyName);
      return { PolicyName: policyName, PolicyDocument: encodeDocument(text) };
    },
    async remove(at: At, policyName: string) {
      await changeEntity(identities, type, at, (entity) => {
        refuseServiceLinked(entity);
        if (!Object.hasOwn(entity.inline, policyName)) throw missing(policyName);
        const { [policyName]: _removed, ...inline } = entity.inline;
        return { ...entity, inline };
      });
      return {};
    },
    async list(at: At, request: PageRequest) {
      const { document } = await findEntity(identities, type, at.account, at.name);
      const { items, ...page } = pageOf(Object.keys(document.inline), (name) => name, request);
      return { PolicyNames: items, ...page };
    },
  };
}
