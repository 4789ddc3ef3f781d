// What IAM keeps of an account itself: its alias and its rules for passwords.
import type { RowKey, Row as StoredRow } from "../../../store/rows/rows.ts";
import type { Identities } from "./identities.ts";

export interface PasswordRules {
  readonly minimumLength: number;
  readonly symbols: boolean;
  readonly numbers: boolean;
  readonly uppercase: boolean;
  readonly lowercase: boolean;
  readonly usersMayChange: boolean;
  readonly maximumAgeDays?: number;
  readonly reusePrevention?: number;
  readonly hardExpiry?: boolean;
}

export interface AccountRecord {
  readonly alias?: string;
  readonly passwords?: PasswordRules;
}

export const accountKey = (account: string): RowKey => ({ kind: "iam:account", scope: account, name: "account" });
/** Aliases are unique over all accounts. */
export const aliasKey = (alias: string): RowKey => ({ kind: "iam:account-alias", scope: "all", name: alias });

export const findAccount = (identities: Identities, account: string): Promise<StoredRow<AccountRecord> | undefined> =>
  identities.rows.get<AccountRecord>(accountKey(account));
