// What IAM stores: users, groups, roles, instance profiles, access keys, managed policies and identity providers as rows.
// IAM is one for all regions, so rows are scoped by account; names are unique without regard to case (IAM user guide, "IAM
// and AWS STS quotas").
import type { RowKey } from "../../../store/rows/rows.ts";

/** Times in milliseconds since 1970. */
export interface Entity {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly createdAt: number;
  /** Inline policies by name, as JSON text. */
  readonly inline: Readonly<Record<string, string>>;
  /** ARNs of attached managed policies, in the order attached. */
  readonly attached: readonly string[];
  readonly boundary?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface User extends Entity {
  /** Row names of the groups it is in. */
  readonly groups?: readonly string[];
}

/** Groups have neither a boundary nor tags. */
export type Group = Entity;

export interface Role extends Entity {
  readonly trust: string;
  readonly description?: string;
  readonly maxSessionSeconds: number;
}

export interface InstanceProfile {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly createdAt: number;
  /** Row names of its roles: one at most. */
  readonly roles: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface OidcProvider {
  readonly arn: string;
  /** Issuer without `https://`, as the provider's ARN and condition keys have it. */
  readonly issuer: string;
  readonly createdAt: number;
  readonly clientIds: readonly string[];
  /** SHA-1 of certificates, 40 hexadecimal digits in lower case. */
  readonly thumbprints: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface AccessKeyRecord {
  readonly account: string;
  /** Whose key it is: a user, the account's root, or a session of a role that never ends. */
  readonly owner:
    | { readonly kind: "root" }
    | { readonly kind: "user"; readonly userName: string }
    | { readonly kind: "role"; readonly roleName: string; readonly sessionName: string };
  readonly status: "Active" | "Inactive";
  /** Sealed with the access key id as binding. */
  readonly secret: string;
  readonly createdAt: number;
}

export interface PolicyVersionRecord {
  readonly id: string;
  readonly document: string;
  readonly createdAt: number;
}

export interface ManagedPolicy {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly arn: string;
  readonly description?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly defaultVersion: string;
  /** Number of the next version, `v3`: numbers are not used twice. */
  readonly nextVersion: number;
  readonly versions: readonly PolicyVersionRecord[];
  readonly tags: Readonly<Record<string, string>>;
}

export const USER = "iam:user";
export const GROUP = "iam:group";
export const ROLE = "iam:role";
export const INSTANCE_PROFILE = "iam:instance-profile";
export const OIDC_PROVIDER = "iam:oidc-provider";
export const ACCESS_KEY = "iam:access-key";
export const POLICY = "iam:policy";

export type EntityKind = typeof USER | typeof GROUP | typeof ROLE;

export const userKey = (account: string, name: string): RowKey => ({ kind: USER, scope: account, name: lower(name) });
export const groupKey = (account: string, name: string): RowKey => ({ kind: GROUP, scope: account, name: lower(name) });
export const roleKey = (account: string, name: string): RowKey => ({ kind: ROLE, scope: account, name: lower(name) });
export const instanceProfileKey = (account: string, name: string): RowKey => ({
  kind: INSTANCE_PROFILE,
  scope: account,
  name: lower(name),
});
/** Issuers differ by case too: they are addresses. */
export const oidcProviderKey = (account: string, issuer: string): RowKey => ({
  kind: OIDC_PROVIDER,
  scope: account,
  name: issuer,
});
/** Access key ids are unique over all accounts: a signature names nothing else. */
export const accessKeyKey = (id: string): RowKey => ({ kind: ACCESS_KEY, scope: "all", name: id });
/** Rows of a user's access keys. */
export const keysOfUser = (account: string, userName: string) => ({
  kind: ACCESS_KEY,
  scope: "all",
  parent: `${account}/user/${lower(userName)}`,
});
/** Rows of the keys of an account's root. */
export const keysOfRoot = (account: string) => ({ kind: ACCESS_KEY, scope: "all", parent: `${account}/root` });
export const policyKey = (account: string, name: string): RowKey => ({
  kind: POLICY,
  scope: account,
  name: lower(name),
});

const lower = (name: string) => name.toLowerCase();

/** `arn:aws:iam::123456789012:role/path/Name` in its parts; undefined when it is none. */
export function parseIamArn(
  arn: string,
): { readonly account: string; readonly type: string; readonly path: string; readonly name: string } | undefined {
  const found =
    /^arn:aws:iam::(\d{12}|aws):(user|group|role|policy|instance-profile)(\/(?:[\x21-\x7e]+\/)?)([\w+=,.@-]+)$/.exec(
      arn,
    );
  if (!found?.[1] || !found[2] || !found[3] || !found[4]) return undefined;
  return { account: found[1], type: found[2], path: found[3], name: found[4] };
}

/** What has a path and a name in its ARN. */
export type NamedType = "user" | "group" | "role" | "policy" | "instance-profile";

export const iamArn = (account: string, type: NamedType, path: string, name: string): string =>
  `arn:aws:iam::${account}:${type}${path}${name}`;

export const sessionArn = (account: string, roleName: string, sessionName: string): string =>
  `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`;
