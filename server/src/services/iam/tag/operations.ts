// Tags of users and roles. Those of managed policies are in policy/.
import type { Operations as Contract } from "../../../../../contract/iam/types.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import { changeEntity, type EntityType, findEntity, onEntity, roles, users } from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import type { Entity } from "../shared/nouns.ts";
import { type PageRequest, pageOf } from "../shared/paging.ts";
import { type Tag, tagList, withoutTags, withTags } from "../shared/tags.ts";

interface At {
  readonly account: string;
  readonly name: string;
}

export const tag = (identities: Identities): Operations<Contract> => {
  const ofUser = tagsOf(identities, users);
  const ofRole = tagsOf(identities, roles);
  return {
    TagUser: {
      permissions: ({ UserName, Tags }, call) =>
        onEntity(identities, users, call, UserName, { conditions: tagConditions(Tags) }),
      run: ({ UserName, Tags }, { account }) => ofUser.add({ account, name: UserName }, Tags),
    },
    TagRole: {
      permissions: ({ RoleName, Tags }, call) =>
        onEntity(identities, roles, call, RoleName, { conditions: tagConditions(Tags) }),
      run: ({ RoleName, Tags }, { account }) => ofRole.add({ account, name: RoleName }, Tags),
    },
    UntagUser: {
      permissions: ({ UserName, TagKeys }, call) =>
        onEntity(identities, users, call, UserName, { conditions: { "aws:TagKeys": TagKeys } }),
      run: ({ UserName, TagKeys }, { account }) => ofUser.remove({ account, name: UserName }, TagKeys),
    },
    UntagRole: {
      permissions: ({ RoleName, TagKeys }, call) =>
        onEntity(identities, roles, call, RoleName, { conditions: { "aws:TagKeys": TagKeys } }),
      run: ({ RoleName, TagKeys }, { account }) => ofRole.remove({ account, name: RoleName }, TagKeys),
    },
    ListUserTags: {
      permissions: ({ UserName }, call) => onEntity(identities, users, call, UserName),
      run: (input, { account }) => ofUser.list({ account, name: input.UserName }, input),
    },
    ListRoleTags: {
      permissions: ({ RoleName }, call) => onEntity(identities, roles, call, RoleName),
      run: (input, { account }) => ofRole.list({ account, name: input.RoleName }, input),
    },
  };
};

/** The three verbs, for users or for roles. */
const tagsOf = <Document extends Entity>(identities: Identities, type: EntityType<Document>) => ({
  async add(at: At, tags: readonly Tag[]) {
    await changeEntity(identities, type, at, (entity) => ({ ...entity, tags: withTags(entity.tags, tags) }));
    return {};
  },
  async remove(at: At, keys: readonly string[]) {
    await changeEntity(identities, type, at, (entity) => ({ ...entity, tags: withoutTags(entity.tags, keys) }));
    return {};
  },
  async list(at: At, request: PageRequest) {
    const { document } = await findEntity(identities, type, at.account, at.name);
    const { items, ...page } = pageOf(tagList(document.tags), ({ Key }) => Key, request);
    return { Tags: items, ...page };
  },
});
