// How many of a kind an account may have: the defaults of the IAM user guide, "IAM and AWS STS quotas".
import { type Committer, counted } from "../../../store/rows/guarded.ts";
import type { Rows } from "../../../store/rows/rows.ts";
import { limitExceeded } from "../errors.ts";
import type { Identities } from "./identities.ts";
import { GROUP, INSTANCE_PROFILE, OIDC_PROVIDER, POLICY, ROLE, USER } from "./nouns.ts";

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

/** Commits one more of a kind where the account has fewer than it may, however many calls make some. @throws ApiError LimitExceeded */
export const within = (identities: Identities, account: string, quota: Quota): Committer =>
  oneMore(identities, { kind: quota.kind, scope: account }, quota);

/** The same of a user's or root's access keys. @throws ApiError LimitExceeded */
export const withinKeys = (identities: Identities, keys: Among): Committer =>
  oneMore(identities, keys, { name: "AccessKeysPerUser", most: ACCESS_KEYS_PER_USER });

type Among = Parameters<Rows["count"]>[0];

const oneMore = (identities: Identities, among: Among, { name, most }: Omit<Quota, "kind">): Committer =>
  counted(countable(identities), {
    among,
    most,
    full: () => limitExceeded(`Cannot exceed quota for ${name}: ${most}`),
  });

/** The rows; every check of a permission that starts after a commit sees it. */
const countable = (identities: Identities): Pick<Rows, "getMany" | "count" | "commit"> => ({
  getMany: (keys) => identities.rows.getMany(keys),
  count: (among) => identities.rows.count(among),
  commit: (change) => identities.commit(change),
});
