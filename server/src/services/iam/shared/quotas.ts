// How many of a kind an account may have: the defaults of the IAM user guide, "IAM and AWS STS quotas".
import type { Rows } from "../../../store/rows/rows.ts";
import { limitExceeded } from "../errors.ts";
import { GROUP, INSTANCE_PROFILE, OIDC_PROVIDER, POLICY, ROLE, USER } from "./nouns.ts";
import { allRows } from "./paging.ts";

interface Quota {
  readonly kind: string;
  /** As refusals name it. */
  readonly name: string;
  readonly most: number;
}

export const quotas = {
  users: { kind: USER, name: "UsersPerAccount", most: 5000 },
  groups: { kind: GROUP, name: "GroupsPerAccount", most: 300 },
  roles: { kind: ROLE, name: "RolesPerAccount", most: 1000 },
  instanceProfiles: { kind: INSTANCE_PROFILE, name: "InstanceProfilesPerAccount", most: 1000 },
  policies: { kind: POLICY, name: "PoliciesPerAccount", most: 1500 },
  oidcProviders: { kind: OIDC_PROVIDER, name: "OpenIdConnectProvidersPerAccount", most: 100 },
} as const satisfies Readonly<Record<string, Quota>>;

export const ACCESS_KEYS_PER_USER = 2;
export const GROUPS_PER_USER = 10;
/** Managed policies on one user, group or role. */
export const ATTACHED_POLICIES = 10;
export const VERSIONS_PER_POLICY = 5;
/** Characters of documents, white space aside; those of inline policies are in entities.ts. */
export const POLICY_CHARACTERS = 6144;
export const TRUST_CHARACTERS = 2048;

/** Number of rows of the kind in the account. */
export async function countOf(rows: Rows, account: string, kind: string): Promise<number> {
  let count = 0;
  for await (const _row of allRows(rows, { kind, scope: account })) count++;
  return count;
}

/** @throws ApiError LimitExceeded when the account has as many as it may */
export async function refuseMore(rows: Rows, account: string, { kind, name, most }: Quota): Promise<void> {
  if ((await countOf(rows, account, kind)) >= most) throw limitExceeded(`Cannot exceed quota for ${name}: ${most}`);
}
