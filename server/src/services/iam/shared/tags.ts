// Tags of users, roles and policies, and the condition keys that come of them.
import type { Permission } from "../../../core/call.ts";
import { invalidInput, limitExceeded } from "../errors.ts";

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** IAM user guide, "IAM and AWS STS quotas". */
const MAX_TAGS = 50;

/** How keys are told apart: those of managed policies by case too, others not. */
export type KeyForm = (key: string) => string;

const anyCase: KeyForm = (key) => key.toLowerCase();
export const exactCase: KeyForm = (key) => key;

/** Adds tags to those there are. @throws ApiError InvalidInput, LimitExceeded */
export function withTags(
  present: Readonly<Record<string, string>>,
  added: readonly Tag[],
  formOf: KeyForm = anyCase,
): Readonly<Record<string, string>> {
  const keys = added.map(({ Key }) => formOf(Key));
  if (new Set(keys).size !== keys.length) {
    const note = formOf === exactCase ? "" : " Please note that Tag keys are case insensitive.";
    throw invalidInput(`Duplicate tag keys found.${note}`);
  }
  if (added.some(({ Key }) => /^aws:/i.test(Key))) {
    throw invalidInput("aws: prefixed tag key names are not allowed for external use.");
  }
  const kept = Object.entries(present).filter(([key]) => !keys.includes(formOf(key)));
  const all = [...kept, ...added.map(({ Key, Value }) => [Key, Value] as const)];
  if (all.length > MAX_TAGS) {
    throw limitExceeded("The number of tags has reached the maximum limit.");
  }
  return Object.fromEntries(all);
}

export function withoutTags(
  present: Readonly<Record<string, string>>,
  removed: readonly string[],
  formOf: KeyForm = anyCase,
): Readonly<Record<string, string>> {
  const keys = removed.map(formOf);
  return Object.fromEntries(Object.entries(present).filter(([key]) => !keys.includes(formOf(key))));
}

/** Tags of a principal: those of its user or role, and over them those of its session. */
export function principalTags(
  own: Readonly<Record<string, string>>,
  session: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  if (session === undefined) return own;
  return { ...withoutTags(own, Object.keys(session)), ...session };
}

export const tagList = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** The member `Tags` of an answer, absent without tags. */
export const tagsMember = (tags: Readonly<Record<string, string>>): { readonly Tags?: Tag[] } =>
  Object.keys(tags).length === 0 ? {} : { Tags: tagList(tags) };

export function resourceTags(tags: Readonly<Record<string, string>>): NonNullable<Permission["conditions"]> {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      [`iam:ResourceTag/${key}`, value],
    ]),
  );
}
