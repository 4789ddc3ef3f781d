// Which permission an operation needs on a key: judged by the caller's policies together with the key's policy and grants.
// Condition keys: Service Authorization Reference, "AWS Key Management Service".
import type { Call, Permission } from "../../../core/call.ts";
import { notFound } from "../errors.ts";
import { allGrants, grantStatements, type NewGrant } from "./grants.ts";
import {
  aliasArn,
  arnOf,
  type FoundKey,
  findKey,
  isAliasName,
  isElsewhere,
  type KeyRow,
  type Parts,
  placeOf,
} from "./keyring.ts";
import { SYMMETRIC, specOf, usageOf } from "./specs.ts";

type Conditions = Readonly<Record<string, string | readonly string[]>>;

export interface KeyAction {
  /** Without `kms:`; the operation's name by default. */
  readonly action?: string;
  readonly conditions?: Conditions;
  /** Given for cryptographic operations, also when the caller sent none. */
  readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
  /** Of a cryptographic operation; that of symmetric keys unless given. */
  readonly algorithm?: string | undefined;
  readonly grantId?: string | undefined;
  readonly newGrant?: NewGrant;
}

/** The permission on a key that was found, or on the ARN under which there is none. */
export async function onFoundKey(parts: Parts, call: Call, found: FoundKey, what: KeyAction): Promise<Permission> {
  const action = what.action ?? call.operation;
  const context = Object.entries(what.encryptionContext ?? {});
  const conditions: Conditions = {
    "kms:CallerAccount": call.account,
    ...(context.length === 0 ? {} : { "kms:EncryptionContextKeys": context.map(([name]) => name) }),
    ...Object.fromEntries(context.map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
    ...(what.encryptionContext === undefined ? {} : { "kms:EncryptionAlgorithm": what.algorithm ?? SYMMETRIC }),
    ...what.conditions,
  };
  if (found.row === undefined) return { action: `kms:${action}`, resource: found.arn, conditions };
  const { row, alias } = found;
  return {
    action: `kms:${action}`,
    resource: arnOf(row),
    conditions: {
      ...conditions,
      ...(alias === undefined ? {} : { "kms:RequestAlias": alias }),
      "kms:KeySpec": specOf(row),
      "kms:KeyUsage": usageOf(row),
      "kms:KeyOrigin": "AWS_KMS",
      ...Object.fromEntries(
        Object.entries(row.document.tags).map(([name, value]) => [`aws:ResourceTag/${name}`, value]),
      ),
    },
    resourcePolicy: await policyWithGrants(parts, call, row, {
      operation: action,
      encryptionContext: what.encryptionContext,
      grantId: what.grantId,
      newGrant: what.newGrant,
    }),
  };
}

/**
 * Operations that may name a key by an alias; the others take its id or ARN, so that nobody deletes or opens the key behind
 * an alias by mistake (KMS API reference, KeyId of each). Those on aliases refuse an alias of an alias in words of their own.
 */
const BY_ALIAS: ReadonlySet<string> = new Set([
  ...["Encrypt", "Decrypt", "ReEncrypt", "DescribeKey", "GetPublicKey"],
  ...["GenerateDataKey", "GenerateDataKeyWithoutPlaintext"],
  ...["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"],
  ...["Sign", "Verify", "GenerateMac", "VerifyMac"],
  ...["CreateAlias", "UpdateAlias"],
]);

/** Operations that may be done to another account's keys (KMS API reference, "Cross-account use" of each). */
const ACROSS_ACCOUNTS: ReadonlySet<string> = new Set([...BY_ALIAS].filter((name) => !name.endsWith("Alias")));

/** @throws ApiError NotFound */
export function refuseElsewhere(call: Call, given: string): void {
  if (isElsewhere(call, given) && !ACROSS_ACCOUNTS.has(call.operation)) {
    throw notFound(`Key '${given}' does not exist`);
  }
}

/** As `onFoundKey`, for what a request names. @throws ApiError NotFound, InvalidArn when it can name no key */
export async function onKey(
  parts: Parts,
  call: Call,
  given: string,
  what: KeyAction = {},
): Promise<readonly Permission[]> {
  if (isAliasName(given) && !BY_ALIAS.has(call.operation)) throw notFound(`Invalid keyId '${given}'`);
  refuseElsewhere(call, given);
  return [await onFoundKey(parts, call, await findKey(parts, call, given), what)];
}

/** For operations that take a key and need nothing else. */
export const keyAction =
  (parts: Parts) =>
  (input: { readonly KeyId: string }, call: Call): Promise<readonly Permission[]> =>
    onKey(parts, call, input.KeyId);

/** Aliases have no policy: what identity policies say of their ARN counts. */
export const onAlias = (call: Call, name: string): Permission => ({
  action: `kms:${call.operation}`,
  resource: aliasArn(call, name),
  conditions: { "kms:CallerAccount": call.account },
});

async function policyWithGrants(
  parts: Parts,
  call: Call,
  row: KeyRow,
  use: Parameters<typeof grantStatements>[1],
): Promise<string> {
  const { policy } = row.document;
  const granted = grantStatements(await allGrants(parts, placeOf(row), row.name), use, call.principal);
  if (granted.length === 0) return policy;
  const document = JSON.parse(policy) as { readonly Statement: object | readonly object[] };
  return JSON.stringify({ ...document, Statement: [document.Statement, granted].flat() });
}
