// Secrets as rows, how a request names one (name, ARN, ARN without its last six characters), and which permission an
// operation needs on it. Actions and keys: Service Authorization Reference, "AWS Secrets Manager".
import { randomBytes } from "node:crypto";
import type { Tag } from "../../../../../contract/secretsmanager/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import type { DataKeys, PolicyChecks } from "../../../core/ports.ts";
import { again } from "../../../store/rows/again.ts";
import type { Row, RowKey, Rows, RowWrite } from "../../../store/rows/rows.ts";
import { invalidRequest, noSecret } from "../errors.ts";

export const SECRET = "secretsmanager:secret";

export interface Parts {
  readonly rows: Rows;
  readonly policies: PolicyChecks;
  /** For values that are under a key of the customer's. */
  readonly keys: DataKeys;
  /** Seals values that are under no key of the customer's, and tells whether two values are the same. */
  readonly sealingKey: Buffer;
}

export interface SecretVersion {
  /** The ClientRequestToken of the call that made it. */
  readonly id: string;
  readonly stages: readonly string[];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Start of the day of the last read, milliseconds since 1970. */
  readonly accessedAt?: number;
  /** The key that it was sealed under, as the secret names it; absent for the server's own. */
  readonly kmsKeyId?: string | undefined;
  /** The same for the same value, and of no use without the server's key. */
  readonly fingerprint: string;
}

export interface SecretDocument {
  /** What stands behind the name in the ARN, so that a new secret of an old name is another. */
  readonly suffix: string;
  readonly description?: string | undefined;
  readonly kmsKeyId?: string | undefined;
  /** Undefined while the secret never had any. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly policy?: string | undefined;
  /** `events`: the service that made it and alone may change it. */
  readonly owningService?: string | undefined;
  readonly accessedAt?: number;
  /** When it will be gone, milliseconds since 1970; present once it was deleted. */
  readonly removeAt?: number | undefined;
  /** Oldest first. */
  readonly versions: readonly SecretVersion[];
}

export type SecretRow = Row<SecretDocument>;

export interface Place {
  readonly account: string;
  readonly region: string;
}

export const scopeOf = ({ account, region }: Place): string => `${account}/${region}`;

export const secretKey = (place: Place, name: string): RowKey => ({ kind: SECRET, scope: scopeOf(place), name });

/** The row's own account and region are in its scope: it may be another account's. */
export function secretArn({ scope, name, document }: Pick<SecretRow, "scope" | "name" | "document">): string {
  return arnOf(scope, `${name}-${document.suffix}`);
}

const arnOf = (scope: string, rest: string): string => {
  const [account, region] = scope.split("/");
  return `arn:aws:secretsmanager:${region}:${account}:secret:${rest}`;
};

/** Letters and digits after the name in an ARN: Secrets Manager user guide, "Secret ARN". */
const SUFFIX = /^(.+)-([A-Za-z0-9]{6})$/s;
const ARN = /^arn:aws:secretsmanager:([^:]+):(\d{12}):secret:(.+)$/s;

interface Named {
  readonly place: Place;
  readonly rest: string;
  readonly isArn: boolean;
}

function named(call: Call, secretId: string): Named {
  const match = ARN.exec(secretId);
  if (!match) return { place: call, rest: secretId, isArn: false };
  const [, region = "", account = "", rest = ""] = match;
  return { place: { account, region }, rest, isArn: true };
}

export async function findSecret(parts: Parts, call: Call, secretId: string): Promise<SecretRow | undefined> {
  const { place, rest, isArn } = named(call, secretId);
  if (place.region !== call.region) return undefined;
  const [, name, suffix] = (isArn && SUFFIX.exec(rest)) || [];
  if (name !== undefined) {
    const row = await parts.rows.get<SecretDocument>(secretKey(place, name));
    if (row?.document.suffix === suffix) return row;
  }
  return await parts.rows.get<SecretDocument>(secretKey(place, rest));
}

/** @throws ApiError ResourceNotFound */
export async function requireSecret(parts: Parts, call: Call, secretId: string): Promise<SecretRow> {
  const row = await findSecret(parts, call, secretId);
  if (row === undefined) throw noSecret();
  return row;
}

/** @throws ApiError ResourceNotFound, InvalidRequest when it was deleted and waits to be removed */
export async function requireKept(parts: Parts, call: Call, secretId: string): Promise<SecretRow> {
  const row = await requireSecret(parts, call, secretId);
  if (row.document.removeAt !== undefined) {
    throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
  }
  return row;
}

/** As `requireKept`, for operations that change it. @throws ApiError InvalidRequest when a service owns it */
export async function requireOwn(parts: Parts, call: Call, secretId: string): Promise<SecretRow> {
  const row = await requireKept(parts, call, secretId);
  refuseOwned(row);
  return row;
}

/** @throws ApiError InvalidRequest */
export function refuseOwned({ document }: Pick<SecretRow, "document">): void {
  if (document.owningService === undefined) return;
  throw invalidRequest("The secret is managed by another service, and you must use that service to update it.");
}

/** Six letters and digits. */
export const newSuffix = (): string => {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from(randomBytes(6), (byte) => letters[byte % letters.length]).join("");
};

export interface SecretChange {
  readonly document: SecretDocument;
  /** Rows of values in the same commit. */
  readonly put?: readonly RowWrite<unknown>[];
  readonly remove?: readonly RowKey[];
  /** False for what nobody would call a change, such as a read. */
  readonly isChange?: false;
}

/** Changes a secret as it is now; undefined leaves it. Gives it as it is then. */
export async function changeSecret(
  parts: Parts,
  find: () => Promise<SecretRow>,
  change: (row: SecretRow) => SecretChange | undefined | Promise<SecretChange | undefined>,
  now: number,
): Promise<SecretRow> {
  return await again(async () => {
    const row = await find();
    const made = await change(row);
    if (made === undefined) return row;
    const { version, ...kept } = row;
    const key = { kind: row.kind, scope: row.scope, name: row.name };
    const modifiedAt = made.isChange === false ? row.modifiedAt : now;
    const status = made.document.removeAt === undefined ? "Kept" : "Deleted";
    const next = { ...kept, status, modifiedAt, document: made.document };
    await parts.rows.commit({
      expect: [{ key, version }],
      put: [next, ...(made.put ?? [])],
      remove: made.remove ?? [],
    });
    return { ...next, version: version + 1 };
  });
}

type Conditions = Readonly<Record<string, string | readonly string[]>>;

/** The permission of the call's operation on a secret, with its policy; also where there is none. */
export async function onSecret(
  parts: Parts,
  call: Call,
  secretId: string,
  more: { readonly action?: string; readonly conditions?: Conditions } = {},
): Promise<Permission> {
  const row = await findSecret(parts, call, secretId);
  const { place, rest, isArn } = named(call, secretId);
  const arn = row ? secretArn(row) : arnOf(scopeOf(place), isArn ? rest : `${rest}-??????`);
  const tags = Object.entries(row?.document.tags ?? {});
  const { policy, kmsKeyId } = row?.document ?? {};
  return {
    action: `secretsmanager:${more.action ?? call.operation}`,
    resource: arn,
    resourceAccount: place.account,
    conditions: {
      "secretsmanager:SecretId": arn,
      ...(kmsKeyId === undefined ? {} : { "secretsmanager:KmsKeyArn": kmsKeyId }),
      ...Object.fromEntries(
        tags.flatMap(([key, value]) => [
          [`aws:ResourceTag/${key}`, value],
          [`secretsmanager:ResourceTag/${key}`, value],
        ]),
      ),
      ...more.conditions,
    },
    ...(policy === undefined ? {} : { resourcePolicy: policy }),
  };
}

/** For operations that need their own action on the secret they name, and nothing else. */
export const secretAction =
  (parts: Parts) =>
  async (input: { readonly SecretId: string }, call: Call): Promise<readonly Permission[]> => [
    await onSecret(parts, call, input.SecretId),
  ];

export const tagList = (tags: Readonly<Record<string, string>>): readonly Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
