// Tags of a session, and what comes down a chain of roles (IAM user guide, "Pass session tags in AWS STS" and "Monitor and
// control actions taken with assumed roles"). Refusals as recorded in LocalStack's test_sts.snapshot.json.
import type { Permission, Principal } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { tagConditions } from "../../../core/request-tags.ts";

export interface SessionMarks {
  readonly sessionTags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity?: string | undefined;
}

interface Wishes {
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[] | undefined;
  readonly TransitiveTagKeys?: readonly string[] | undefined;
  readonly SourceIdentity?: string | undefined;
}

const same = (one: string) => (other: string) => one.toLowerCase() === other.toLowerCase();

/** What a session asks for, with what its caller's session passes on. @throws ApiError InvalidParameterValue, AccessDenied */
export function marksOf(wishes: Wishes, caller?: Principal): SessionMarks {
  const tags = wishes.Tags ?? [];
  const transitive = wishes.TransitiveTagKeys ?? [];
  const keys = tags.map(({ Key }) => Key);
  const inherited = caller?.transitiveTagKeys ?? [];
  if (new Set(keys.map((key) => key.toLowerCase())).size !== keys.length) {
    throw errors.invalidParameterValue("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  }
  if (!transitive.every((key) => keys.some(same(key)))) {
    throw errors.invalidParameterValue("The specified transitive tag key must be included in the requested tags.");
  }
  if (keys.some((key) => inherited.some(same(key)))) {
    throw errors.invalidParameterValue(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  }
  const passedOn = Object.entries(caller?.sessionTags ?? {}).filter(([key]) => inherited.some(same(key)));
  return {
    sessionTags: Object.fromEntries([...passedOn, ...tags.map(({ Key, Value }) => [Key, Value] as const)]),
    transitiveTagKeys: [...inherited, ...transitive],
    sourceIdentity: sourceIdentityOf(wishes.SourceIdentity, caller),
  };
}

/** Once set it stays along the chain. */
function sourceIdentityOf(wished: string | undefined, caller: Principal | undefined): string | undefined {
  const present = caller?.sourceIdentity;
  if (present !== undefined && wished !== undefined && wished !== present) {
    throw errors.accessDenied(
      `The calling session has the source identity ${present}, which cannot be changed: leave SourceIdentity out.`,
    );
  }
  return wished ?? present;
}

/** Condition keys of a call that makes a session. */
export function markConditions(
  wishes: Wishes,
  { sourceIdentity }: SessionMarks,
): NonNullable<Permission["conditions"]> {
  return {
    ...tagConditions(wishes.Tags ?? []),
    ...(wishes.TransitiveTagKeys?.length ? { "sts:TransitiveTagKeys": wishes.TransitiveTagKeys } : {}),
    ...(sourceIdentity === undefined ? {} : { "sts:SourceIdentity": sourceIdentity }),
  };
}

/** The permission itself, and those to tag the session and to set its source identity where it has them. */
export const withMarks = (permission: Permission, marks: SessionMarks): readonly Permission[] => [
  permission,
  ...(Object.keys(marks.sessionTags).length === 0 ? [] : [{ ...permission, action: "sts:TagSession" }]),
  ...(marks.sourceIdentity === undefined ? [] : [{ ...permission, action: "sts:SetSourceIdentity" }]),
];
