// Users, groups and roles alike: found by name, changed, moved, and which permission a call on one needs.
import type { Call, Permission } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Change, RowKey, Row as StoredRow } from "../../../store/rows/rows.ts";
import { deleteConflict, entityAlreadyExists, invalidInput, noSuchEntity, unmodifiable } from "../errors.ts";
import { SERVICE_ROLE_PATH } from "./aws-policies.ts";
import { changeRow, commitChecked, createRow, event, keyOf, rewritten, unchanged } from "./changes.ts";
import type { Identities, LoadedEntity } from "./identities.ts";
import {
  type Entity,
  type EntityKind,
  GROUP,
  type Group,
  groupKey,
  iamArn,
  type NamedType,
  parseIamArn,
  ROLE,
  type Role,
  roleKey,
  USER,
  type User,
  userKey,
} from "./nouns.ts";
import { resourceTags } from "./tags.ts";

export interface EntityType<Document extends Entity> {
  readonly kind: EntityKind;
  readonly word: "user" | "group" | "role";
  readonly key: (account: string, name: string) => RowKey;
  /** Characters of all inline policies, white space aside (IAM user guide, "IAM and AWS STS quotas"). */
  readonly inlineCharacters: number;
  readonly attachedQuota: string;
  /** Only for its type. */
  readonly document?: Document;
}

export const users: EntityType<User> = {
  kind: USER,
  word: "user",
  key: userKey,
  inlineCharacters: 2048,
  attachedQuota: "PoliciesPerUser",
};
export const groups: EntityType<Group> = {
  kind: GROUP,
  word: "group",
  key: groupKey,
  inlineCharacters: 5120,
  attachedQuota: "PoliciesPerGroup",
};
export const roles: EntityType<Role> = {
  kind: ROLE,
  word: "role",
  key: roleKey,
  inlineCharacters: 10_240,
  attachedQuota: "PoliciesPerRole",
};

/** @throws ApiError NoSuchEntity */
export async function findEntity<Document extends Entity>(
  identities: Identities,
  type: EntityType<Document>,
  account: string,
  name: string,
): Promise<StoredRow<Document>> {
  const row = await identities.rows.get<Document>(type.key(account, name));
  if (row?.document.name !== name) throw noSuchEntity(`The ${type.word} with name ${name} cannot be found.`);
  return row;
}

/** A user, group or role as a simulation names it, ready to be asked. @throws ApiError InvalidInput, NoSuchEntity */
export async function entityByArn(
  identities: Identities,
  account: string,
  arn: string,
): Promise<{ readonly type: EntityType<Entity>["word"]; readonly loaded: LoadedEntity }> {
  const { type, name = "" } = parseIamArn(arn) ?? {};
  if (type !== "user" && type !== "group" && type !== "role") {
    throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`);
  }
  const loaded = await identities[type](account, name);
  if (loaded?.entity.arn !== arn) throw noSuchEntity(`The ${type} with name ${name} cannot be found.`);
  return { type, loaded };
}

/** Path of the roles that services made for themselves: only they change them. */
export const isServiceLinked = ({ path }: Pick<Entity, "path">): boolean => path.startsWith(SERVICE_ROLE_PATH);

/** @throws ApiError UnmodifiableEntity for a role that belongs to a service */
export function refuseServiceLinked(entity: Pick<Entity, "path" | "name" | "arn">): void {
  if (!entity.arn.includes(":role/") || !isServiceLinked(entity)) return;
  throw unmodifiable(
    `Cannot perform the operation on the protected role '${entity.name}' - this role is only modifiable by AWS`,
  );
}

/** Without a name the calling user is meant. @throws ApiError Validation for callers that are no users */
export function userNameOf(name: string | undefined, { principal }: Call): string {
  if (name !== undefined) return name;
  if (principal.kind !== "user")
    throw errors.validation("Must specify userName when calling with non-User credentials");
  return principal.arn.slice(principal.arn.lastIndexOf("/") + 1);
}

/** An entity by its name in an account. */
export interface At {
  readonly account: string;
  readonly name: string;
}

/** As `changeRow`. */
export const changeEntity = <Document extends Entity>(
  identities: Identities,
  type: EntityType<Document>,
  at: At,
  change: (entity: Document) => Document,
  lock?: () => Promise<Change>,
): Promise<Document> => changeRow(identities, () => findEntity(identities, type, at.account, at.name), change, lock);

/** @throws ApiError DeleteConflict while it has policies */
export function refuseWithPolicies({ attached, inline }: Entity): void {
  if (attached.length > 0) throw deleteConflict("Cannot delete entity, must detach all policies first.");
  if (Object.keys(inline).length > 0) throw deleteConflict("Cannot delete entity, must delete policies first.");
}

/**
 * Gives an entity another name or path. `follow` is what goes with it when its row is another one.
 * @throws ApiError NoSuchEntity, EntityAlreadyExists, ConcurrentModification
 */
export async function moveEntity<Document extends Entity>(
  identities: Identities,
  type: EntityType<Document>,
  call: Call,
  move: {
    readonly from: string;
    readonly name?: string | undefined;
    readonly path?: string | undefined;
    readonly follow: (row: StoredRow<Document>, name: string) => Promise<Required<Pick<Change, "expect" | "put">>>;
  },
): Promise<void> {
  const row = await findEntity(identities, type, call.account, move.from);
  const { name = row.document.name, path = row.document.path } = move;
  const document = { ...row.document, name, path, arn: iamArn(call.account, type.word, path, name) };
  const key = type.key(call.account, name);
  if (key.name === row.name) {
    return commitChecked(identities, {
      expect: [unchanged(row)],
      put: [rewritten(row, document, call.at)],
      events: [event(row, "updated")],
    });
  }
  const { expect, put } = await move.follow(row, name);
  await createRow(identities, { ...rewritten(row, document, call.at), ...key }, isThere(type, name), {
    expect: [unchanged(row), ...expect],
    put,
    remove: [keyOf(row)],
    events: [event(row, "deleted")],
  });
}

/** What is said when the name is taken: `Group with name builders already exists.` */
export const isThere =
  ({ word }: Pick<EntityType<Entity>, "word">, name: string) =>
  () =>
    entityAlreadyExists(`${word.charAt(0).toUpperCase()}${word.slice(1)} with name ${name} already exists.`);

/** Permission of an operation on a named user or role, with the ARN it has, or would have at the root path. */
export async function onEntity(
  identities: Identities,
  type: EntityType<Entity>,
  call: Call,
  name: string,
  more: { readonly conditions?: Permission["conditions"] } = {},
): Promise<readonly Permission[]> {
  const loaded = await identities[type.word](call.account, name);
  const entity = loaded?.entity.name === name ? loaded.entity : undefined;
  return [
    {
      action: `iam:${call.operation}`,
      resource: entity?.arn ?? iamArn(call.account, type.word, "/", name),
      conditions: { ...resourceTags(entity?.tags ?? {}), ...boundaryCondition(entity?.boundary), ...more.conditions },
    },
  ];
}

/**
 * Permission to give it another name or path: on what it is and on what it becomes, for policies know it by its ARN
 * (IAM API reference, UpdateUser and UpdateGroup).
 */
export async function onMove(
  identities: Identities,
  type: EntityType<Entity>,
  call: Call,
  from: string,
  to: { readonly name: string | undefined; readonly path: string | undefined },
): Promise<readonly Permission[]> {
  const needed = await onEntity(identities, type, call, from);
  return needed.flatMap((one) => {
    const path = to.path ?? parseIamArn(one.resource)?.path ?? "/";
    const resource = iamArn(call.account, type.word, path, to.name ?? from);
    return resource === one.resource ? [one] : [one, { ...one, resource }];
  });
}

const boundaryCondition = (boundary: string | undefined): NonNullable<Permission["conditions"]> =>
  boundary === undefined ? {} : { "iam:PermissionsBoundary": boundary };

/** Permission to make something with a name and a path. */
export function onNew(
  call: Call,
  type: NamedType,
  name: string,
  input: {
    readonly Path?: string | undefined;
    readonly PermissionsBoundary?: string | undefined;
    readonly Tags?: readonly { readonly Key: string; readonly Value: string }[] | undefined;
  },
): readonly Permission[] {
  return [
    {
      action: `iam:${call.operation}`,
      resource: iamArn(call.account, type, input.Path ?? "/", name),
      conditions: { ...tagConditions(input.Tags ?? []), ...boundaryCondition(input.PermissionsBoundary) },
    },
  ];
}

/** Permission of a list below a path. */
export const onPath = (call: Call, type: NamedType, prefix = "/"): readonly Permission[] => [
  { action: `iam:${call.operation}`, resource: `arn:aws:iam::${call.account}:${type}${prefix}` },
];
