// Condition keys of requests that bring tags (IAM user guide, "AWS global condition context keys").
import type { Permission } from "./call.ts";

interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** `aws:RequestTag/…` of each tag and `aws:TagKeys`; none without tags. */
export function tagConditions(given: readonly Tag[]): NonNullable<Permission["conditions"]> {
  if (given.length === 0) return {};
  return {
    ...Object.fromEntries(given.map(({ Key = "", Value = "" }) => [`aws:RequestTag/${Key}`, Value])),
    "aws:TagKeys": given.map(({ Key = "" }) => Key),
  };
}
