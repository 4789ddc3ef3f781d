// The account: its alias, its rules for passwords, and how much of everything it has.
// Gap: the password policy is kept and given back; there are no passwords that it could rule.
import type { Operations as Contract, PasswordPolicy } from "../../../../../contract/iam/types.ts";
import type { Operations } from "../../../core/service.ts";
import type { Change } from "../../../store/rows/rows.ts";
import { entityAlreadyExists, noSuchEntity } from "../errors.ts";
import { type AccountRecord, accountKey, aliasKey, findAccount, type PasswordRules } from "../shared/account-record.ts";
import { usageCounts } from "../shared/attachments.ts";
import { created, event, retrying, rewritten, unchanged } from "../shared/changes.ts";
import { groups, roles, users } from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import { keysOfRoot, type ManagedPolicy, POLICY } from "../shared/nouns.ts";
import { allRows } from "../shared/paging.ts";
import {
  ACCESS_KEYS_PER_USER,
  ATTACHED_POLICIES,
  GROUPS_PER_USER,
  POLICY_CHARACTERS,
  quotas,
  TRUST_CHARACTERS,
  VERSIONS_PER_POLICY,
} from "../shared/quotas.ts";

export const account = (identities: Identities): Operations<Contract> => ({
  ...aliases(identities),
  ...passwords(identities),
  ...summary(identities),
});

/** Changes what is kept of the account, with what `more` adds to the commit. */
const change = (
  identities: Identities,
  account: string,
  next: (record: AccountRecord) => { readonly record: AccountRecord; readonly more?: Change },
): Promise<void> =>
  retrying(async () => {
    const row = await findAccount(identities, account);
    const { record, more } = next(row?.document ?? {});
    const at = identities.now();
    const key = accountKey(account);
    await identities.commit({
      expect: [row ? unchanged(row) : { key, version: "absent" }, ...(more?.expect ?? [])],
      put: [row ? rewritten(row, record, at) : created(key, record, at), ...(more?.put ?? [])],
      remove: more?.remove ?? [],
      events: [event(key, "updated")],
    });
  });

const aliases = (identities: Identities): Operations<Contract> => ({
  CreateAccountAlias: {
    async run({ AccountAlias: alias }, { account, at }) {
      const key = aliasKey(alias);
      const taken = await identities.rows.get<{ readonly account: string }>(key);
      if (taken) throw entityAlreadyExists(`The account alias ${alias} already exists.`);
      // An account has one alias: the new one takes the old one's place.
      await change(identities, account, (record) => ({
        record: { ...record, alias },
        more: {
          expect: [{ key, version: "absent" }],
          put: [created(key, { account }, at)],
          remove: record.alias === undefined ? [] : [aliasKey(record.alias)],
        },
      }));
      return {};
    },
  },
  ListAccountAliases: {
    async run(_input, { account }) {
      const alias = (await findAccount(identities, account))?.document.alias;
      return { AccountAliases: alias === undefined ? [] : [alias], IsTruncated: false };
    },
  },
  DeleteAccountAlias: {
    async run({ AccountAlias: alias }, { account }) {
      await change(identities, account, ({ alias: present, ...record }) => {
        if (present !== alias) throw noSuchEntity(`The account alias with name ${alias} cannot be found.`);
        return { record, more: { remove: [aliasKey(alias)] } };
      });
      return {};
    },
  },
});

/** What rules without a wish; answers as recorded in LocalStack's test_iam_account_password_policy.snapshot.json. */
const MINIMUM_LENGTH = 6;

const passwords = (identities: Identities): Operations<Contract> => ({
  UpdateAccountPasswordPolicy: {
    async run(input, { account }) {
      const rules: PasswordRules = {
        minimumLength: input.MinimumPasswordLength ?? MINIMUM_LENGTH,
        symbols: input.RequireSymbols ?? false,
        numbers: input.RequireNumbers ?? false,
        uppercase: input.RequireUppercaseCharacters ?? false,
        lowercase: input.RequireLowercaseCharacters ?? false,
        usersMayChange: input.AllowUsersToChangePassword ?? false,
        ...(input.MaxPasswordAge === undefined ? {} : { maximumAgeDays: input.MaxPasswordAge }),
        ...(input.PasswordReusePrevention === undefined ? {} : { reusePrevention: input.PasswordReusePrevention }),
        ...(input.HardExpiry === undefined ? {} : { hardExpiry: input.HardExpiry }),
      };
      await change(identities, account, (record) => ({ record: { ...record, passwords: rules } }));
      return {};
    },
  },
  GetAccountPasswordPolicy: {
    async run(_input, { account }) {
      const rules = (await findAccount(identities, account))?.document.passwords;
      if (!rules) throw noSuchEntity(`The Password Policy with domain name ${account} cannot be found.`);
      return { PasswordPolicy: rulesAnswer(rules) };
    },
  },
  DeleteAccountPasswordPolicy: {
    async run(_input, { account }) {
      await change(identities, account, ({ passwords: present, ...record }) => {
        if (!present) throw noSuchEntity("The account policy with name PasswordPolicy cannot be found.");
        return { record };
      });
      return {};
    },
  },
});

const rulesAnswer = (rules: PasswordRules): PasswordPolicy => ({
  MinimumPasswordLength: rules.minimumLength,
  RequireSymbols: rules.symbols,
  RequireNumbers: rules.numbers,
  RequireUppercaseCharacters: rules.uppercase,
  RequireLowercaseCharacters: rules.lowercase,
  AllowUsersToChangePassword: rules.usersMayChange,
  ExpirePasswords: (rules.maximumAgeDays ?? 0) > 0,
  ...(rules.maximumAgeDays === undefined ? {} : { MaxPasswordAge: rules.maximumAgeDays }),
  ...(rules.reusePrevention === undefined ? {} : { PasswordReusePrevention: rules.reusePrevention }),
  ...(rules.hardExpiry === undefined ? {} : { HardExpiry: rules.hardExpiry }),
});

/** Quotas that are in force here, and those of what this server does not have, as AWS gives them. */
const FIXED = {
  AccessKeysPerUserQuota: ACCESS_KEYS_PER_USER,
  AccountMFAEnabled: 0,
  AccountPasswordPresent: 0,
  AccountSigningCertificatesPresent: 0,
  AssumeRolePolicySizeQuota: TRUST_CHARACTERS,
  AttachedPoliciesPerGroupQuota: ATTACHED_POLICIES,
  AttachedPoliciesPerRoleQuota: ATTACHED_POLICIES,
  AttachedPoliciesPerUserQuota: ATTACHED_POLICIES,
  GlobalEndpointTokenVersion: 1,
  GroupPolicySizeQuota: groups.inlineCharacters,
  GroupsPerUserQuota: GROUPS_PER_USER,
  GroupsQuota: quotas.groups.most,
  InstanceProfilesQuota: quotas.instanceProfiles.most,
  MFADevices: 0,
  MFADevicesInUse: 0,
  PoliciesQuota: quotas.policies.most,
  PolicySizeQuota: POLICY_CHARACTERS,
  PolicyVersionsInUseQuota: 10_000,
  RolePolicySizeQuota: roles.inlineCharacters,
  RolesQuota: quotas.roles.most,
  ServerCertificates: 0,
  ServerCertificatesQuota: 20,
  SigningCertificatesPerUserQuota: 2,
  UserPolicySizeQuota: users.inlineCharacters,
  UsersQuota: quotas.users.most,
  VersionsPerPolicyQuota: VERSIONS_PER_POLICY,
} as const;

const summary = (identities: Identities): Operations<Contract> => ({
  GetAccountSummary: {
    async run(_input, { account }) {
      const { rows } = identities;
      const count = ({ kind }: { readonly kind: string }) => rows.count({ kind, scope: account });
      const rootKeys = await rows.list({ ...keysOfRoot(account), limit: 1 });
      return {
        SummaryMap: {
          ...FIXED,
          AccountAccessKeysPresent: rootKeys.rows.length,
          Users: await count(quotas.users),
          Groups: await count(quotas.groups),
          Roles: await count(quotas.roles),
          InstanceProfiles: await count(quotas.instanceProfiles),
          Policies: await count(quotas.policies),
          Providers: await count(quotas.oidcProviders),
          PolicyVersionsInUse: await versionsInUse(identities, account),
        },
      };
    },
  },
});

/** Versions of the account's own policies, and those of AWS's that somebody has. */
async function versionsInUse(identities: Identities, account: string): Promise<number> {
  const { attached, boundary } = await usageCounts(identities.rows, account);
  const ofAws = [...attached.keys(), ...boundary.keys()].filter((arn) => arn.startsWith("arn:aws:iam::aws:"));
  let count = new Set(ofAws).size;
  for await (const row of allRows<ManagedPolicy>(identities.rows, { kind: POLICY, scope: account })) {
    count += row.document.versions.length;
  }
  return count;
}
