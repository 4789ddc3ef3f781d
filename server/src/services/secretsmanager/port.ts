// What Secrets Manager works on, secrets that other services own, and the removal of secrets whose time to be restored is over.
import { randomUUID } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import type { DataKeys, OwnedSecret, OwnedSecrets, PolicyChecks } from "../../core/ports.ts";
import { repeatedly } from "../../core/repeating.ts";
import { deriveKey } from "../../core/sealing.ts";
import { keptKey } from "../../store/durable.ts";
import { again } from "../../store/rows/again.ts";
import { Conflict, type Rows } from "../../store/rows/rows.ts";
import { removeSecret } from "./secret/operations.ts";
import {
  newSuffix,
  type Parts,
  SECRET,
  type SecretDocument,
  type SecretRow,
  secretArn,
  secretKey,
} from "./shared/secrets.ts";
import { CURRENT, holderOf } from "./shared/stages.ts";
import { givenValue, openValue, type Sealer } from "./shared/values.ts";
import { withVersion } from "./shared/versions.ts";

const HOUR_MS = 3_600_000;
/** After the start, so that a server that never runs for an hour does it too. */
const FIRST_MS = 60_000;

/** `keyFile` seals the values; without it they are lost. */
export async function openSecrets(parts: {
  readonly rows: Rows;
  readonly policies: PolicyChecks;
  readonly keys: DataKeys;
  readonly keyFile: string;
}): Promise<Parts> {
  const { rows, policies, keys, keyFile } = parts;
  return { rows, policies, keys, sealingKey: deriveKey(await keptKey(keyFile), "secrets manager values") };
}

/** They are under no key of the customer's, and carry the tag by which AWS marks them. */
export function createOwnedSecrets(parts: Parts, clock: Clock): OwnedSecrets {
  const sealer = (): Sealer => ({ at: clock.now() });
  return {
    put: (secret, text) => again(() => putOwned(parts, sealer(), secret, text)),
    async open(secret) {
      const row = await ownedRow(parts, secret);
      const current = row && holderOf(row.document.versions, CURRENT);
      return current && Buffer.from((await openValue(parts, sealer(), row, current)).bytes).toString();
    },
    remove: (secret) =>
      again(async () => {
        const row = await ownedRow(parts, secret);
        if (row !== undefined) await removeSecret(parts, row);
      }),
  };
}

/** @throws Error when somebody else's secret has the name */
async function ownedRow({ rows }: Parts, secret: OwnedSecret): Promise<SecretRow | undefined> {
  const row = await rows.get<SecretDocument>(secretKey(secret, secret.name));
  if (row === undefined || row.document.owningService === secret.service) return row;
  throw new Error(`The secret ${secretArn(row)} is not one of ${secret.service}.`);
}

async function putOwned(parts: Parts, sealer: Sealer, secret: OwnedSecret, text: string): Promise<string> {
  const key = secretKey(secret, secret.name);
  const there = await ownedRow(parts, secret);
  const tags = { "aws:secretsmanager:owningService": secret.service };
  const document = there?.document ?? { suffix: newSuffix(), tags, owningService: secret.service, versions: [] };
  const value = givenValue({ SecretString: text });
  const made = value && (await withVersion(parts, sealer, { ...key, document }, { ...NEXT, id: randomUUID(), value }));
  const { at } = sealer;
  const row = { ...key, status: "Kept", createdAt: there?.createdAt ?? at, modifiedAt: at };
  await parts.rows.commit({
    expect: [{ key, version: there?.version ?? "absent" }],
    put: [{ ...row, document: made?.document ?? document }, ...(made?.put ?? [])],
    remove: made?.remove ?? [],
    ...(there === undefined ? { events: [{ ...key, type: "created" }] } : {}),
  });
  return secretArn({ ...key, document });
}

/** Each value takes the place of the one before. */
const NEXT = { kmsKeyId: undefined, labels: [CURRENT] };

/** Removes what is due; a secret that changes meanwhile is left for the next time. */
export async function removeDue({ rows }: Pick<Parts, "rows">, now: number): Promise<void> {
  for await (const row of rows.everywhere<SecretDocument>(SECRET, ["Kept"])) {
    if ((row.document.removeAt ?? Number.POSITIVE_INFINITY) > now) continue;
    try {
      await removeSecret({ rows }, row);
    } catch (cause) {
      if (!(cause instanceof Conflict)) throw cause;
    }
  }
}

/** Looks soon and then every hour, until the result is called, which resolves when nothing runs any more. */
export const startUpkeep = (
  parts: Parts,
  { clock, report }: { readonly clock: Clock; readonly report: (error: unknown) => void },
): (() => Promise<void>) =>
  repeatedly({ clock, everyMs: HOUR_MS, firstMs: FIRST_MS, report }, () => removeDue(parts, clock.now()));
