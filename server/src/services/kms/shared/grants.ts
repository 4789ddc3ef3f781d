// Grants as rows below their key, and the statements that they add to its policy.
// Source: KMS developer guide, "Grants in KMS" and "Using grant constraints".
import type { GrantConstraints, GrantOperation } from "../../../../../contract/kms/types.ts";
import type { Principal } from "../../../core/call.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { type Parts, type Place, scopeOf } from "./keyring.ts";

export interface GrantDocument {
  readonly keyId: string;
  readonly name?: string | undefined;
  readonly grantee: string;
  readonly retiring?: string | undefined;
  readonly operations: readonly GrantOperation[];
  readonly constraints?: GrantConstraints | undefined;
}

export type GrantRow = Row<GrantDocument>;

export const GRANT = "kms:grant";
/** Scope: account/region. Name: key id, a slash, grant id. */
export const grantKey = (place: Place, keyId: string, grantId: string) => ({
  kind: GRANT,
  scope: scopeOf(place),
  name: `${keyId}/${grantId}`,
});
export const grantIdOf = (row: GrantRow): string => row.name.slice(row.name.indexOf("/") + 1);

const BATCH = 500;

/** Every grant of a key, or of a whole account and region, by name. */
export async function allGrants(parts: Parts, place: Place, keyId?: string): Promise<readonly GrantRow[]> {
  const found: GrantRow[] = [];
  const range = { kind: GRANT, scope: scopeOf(place), prefix: keyId === undefined ? "" : `${keyId}/`, limit: BATCH };
  for (let after: string | undefined; ; ) {
    const rows = await parts.rows.scan<GrantDocument>({ ...range, after });
    found.push(...rows);
    after = rows.at(-1)?.name;
    if (rows.length < BATCH) return found;
  }
}

export interface NewGrant {
  readonly operations: readonly string[];
  readonly constraints: GrantConstraints | undefined;
}

/** What a request does, as grants see it. */
export interface GrantedUse {
  /** Without `kms:`. */
  readonly operation: string;
  /** Present for cryptographic operations, also when the caller gave none. */
  readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
  /** The grant that is to be made. */
  readonly newGrant?: NewGrant | undefined;
  /** Id of the grant that is to be retired. */
  readonly grantId?: string | undefined;
}

/**
 * Statements for the key's policy: that the caller may do this because of a grant. Grants to others are left out, and
 * each name of the caller comes once, so that the policy stays short and the same however many grants there are.
 */
export function grantStatements(grants: readonly GrantRow[], use: GrantedUse, caller: Principal): readonly object[] {
  const names = [caller.arn, caller.roleArn, caller.account, `arn:aws:iam::${caller.account}:root`];
  const granted = new Set(grants.flatMap((grant) => whoMay(grant, use)));
  return names
    .filter((name) => name !== undefined && granted.has(name))
    .map((name) => ({ Effect: "Allow", Principal: { AWS: name }, Action: `kms:${use.operation}`, Resource: "*" }));
}

function whoMay(grant: GrantRow, use: GrantedUse): readonly string[] {
  const { grantee, retiring } = grant.document;
  if (use.operation !== "RetireGrant") return allows(grant, use) ? [grantee] : [];
  if (use.grantId !== grantIdOf(grant)) return [];
  return [...(allows(grant, use) ? [grantee] : []), ...(retiring === undefined ? [] : [retiring])];
}

function allows({ document }: GrantRow, use: GrantedUse): boolean {
  const { operations, constraints } = document;
  if (!(operations as readonly string[]).includes(use.operation)) return false;
  if (use.newGrant !== undefined) return handsOn(document, use.newGrant);
  if (use.encryptionContext === undefined) return true;
  const { EncryptionContextSubset: subset, EncryptionContextEquals: equals } = constraints ?? {};
  const given = use.encryptionContext;
  return (subset === undefined || has(given, subset)) && (equals === undefined || isSame(given, equals));
}

/** A grant made under another one allows nothing that the other does not, and asks for no less of the context. */
function handsOn({ operations, constraints }: GrantDocument, made: NewGrant): boolean {
  if (made.operations.some((operation) => !(operations as readonly string[]).includes(operation))) return false;
  const { EncryptionContextSubset: subset, EncryptionContextEquals: equals } = constraints ?? {};
  const asked = made.constraints?.EncryptionContextEquals;
  const asksFor = { ...made.constraints?.EncryptionContextSubset, ...asked };
  return (
    (subset === undefined || has(asksFor, subset)) &&
    (equals === undefined || (asked !== undefined && isSame(asked, equals)))
  );
}

type Context = Readonly<Record<string, string>>;

const has = (given: Context, wanted: Context): boolean =>
  Object.entries(wanted).every(([name, value]) => Object.hasOwn(given, name) && given[name] === value);

const isSame = (one: Context, other: Context): boolean => has(one, other) && has(other, one);
