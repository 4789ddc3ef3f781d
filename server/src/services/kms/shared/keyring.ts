// Keys as rows, with their material sealed, and how a request names one: by id, ARN, alias or the alias's ARN.
// Source: KMS developer guide, "Key identifiers (KeyId)".
import { randomBytes, randomUUID } from "node:crypto";
import type { Call } from "../../../core/call.ts";
import type { PolicyChecks } from "../../../core/ports.ts";
import { deriveKey, seal, unseal } from "../../../core/sealing.ts";
import { again } from "../../../store/rows/again.ts";
import { Conflict, type Expectation, type Row, type Rows } from "../../../store/rows/rows.ts";
import { disabled, invalidArn, invalidState, notFound } from "../errors.ts";
import { managedFace, managedService } from "./managed.ts";

export interface Parts {
  readonly rows: Rows;
  readonly policies: PolicyChecks;
  /** Seals the material of keys. */
  readonly sealingKey: Buffer;
}

/** The key that seals material, from the bytes of `master.key`. */
export const sealingKeyOf = (masterKey: Uint8Array): Buffer => deriveKey(masterKey, "kms key material");

export interface Place {
  readonly account: string;
  readonly region: string;
}

/** One version of a key's material. */
export interface Material {
  /** 64 hexadecimal digits; ciphertexts name it. */
  readonly id: string;
  /** The bytes, 32 unless of another spec, sealed for this key and id; base64. */
  readonly sealed: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** How it came to be; absent for the first. */
  readonly rotation?: "AUTOMATIC" | "ON_DEMAND";
}

export type KeyState = "Enabled" | "Disabled" | "PendingDeletion";

export type Usage = "ENCRYPT_DECRYPT" | "SIGN_VERIFY" | "GENERATE_VERIFY_MAC";

export interface KeyDocument {
  readonly description: string;
  readonly policy: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Oldest first; the last one encrypts, all decrypt. */
  readonly materials: readonly Material[];
  /** Present when the key rotates by itself; milliseconds since 1970. */
  readonly rotation?: { readonly periodDays: number; readonly nextAt: number } | undefined;
  /** Milliseconds since 1970; present while the key is pending deletion. */
  readonly deleteAt?: number | undefined;
  /** Absent for keys that encrypt by one secret; see specs.ts. */
  readonly spec?: string | undefined;
  readonly usage?: Usage | undefined;
  /** Of a key that AWS manages: `s3`. */
  readonly managedFor?: string | undefined;
}

export type KeyRow = Row<KeyDocument>;

export interface AliasDocument {
  readonly keyId: string;
}

export const KEY = "kms:key";
export const ALIAS = "kms:alias";
export const scopeOf = ({ account, region }: Place): string => `${account}/${region}`;
export const keyKey = (place: Place, id: string) => ({ kind: KEY, scope: scopeOf(place), name: id });
export const aliasKey = (place: Place, name: string) => ({ kind: ALIAS, scope: scopeOf(place), name });
export const keyArn = ({ account, region }: Place, id: string): string => `arn:aws:kms:${region}:${account}:key/${id}`;
/** Where a key is kept: its account and region. */
export function placeOf({ scope }: Pick<KeyRow, "scope">): Place {
  const [account = "", region = ""] = scope.split("/");
  return { account, region };
}
export const arnOf = (row: KeyRow): string => keyArn(placeOf(row), row.name);
export const aliasArn = ({ account, region }: Place, name: string): string =>
  `arn:aws:kms:${region}:${account}:${name}`;

export const stateOf = (row: KeyRow): KeyState => row.status as KeyState;

const MATERIAL_BYTES = 32;
const DAY_MS = 86_400_000;
/** KMS developer guide, "Rotating AWS KMS keys". */
const MANAGED_ROTATION_DAYS = 365;

export function newMaterial(parts: Parts, keyId: string, now: number, rotation?: Material["rotation"]): Material {
  const material = sealMaterial(parts, keyId, { bytes: randomBytes(MATERIAL_BYTES), now });
  return { ...material, ...(rotation === undefined ? {} : { rotation }) };
}

export function sealMaterial(
  parts: Parts,
  keyId: string,
  { bytes, now }: { readonly bytes: Uint8Array; readonly now: number },
): Material {
  const id = randomBytes(MATERIAL_BYTES).toString("hex");
  return { id, sealed: seal(parts.sealingKey, bytes, `${keyId}/${id}`).toString("base64"), createdAt: now };
}

export const currentMaterial = ({ document, name }: KeyRow): Material => {
  const material = document.materials.at(-1);
  if (material === undefined) throw new Error(`The key ${name} has no material.`);
  return material;
};

/** The bytes of a version. @throws Error when they were sealed under another master key */
export function openMaterial(parts: Parts, keyId: string, material: Material): Buffer {
  const bytes = unseal(parts.sealingKey, Buffer.from(material.sealed, "base64"), `${keyId}/${material.id}`);
  if (bytes === undefined) throw new Error(`The material of key ${keyId} was sealed with another key file.`);
  return bytes;
}

/** What a request names, and in whose account. The alias need not exist, nor the key. */
interface KeyName {
  readonly account: string;
  readonly id?: string;
  readonly alias?: string;
}

const KEY_ID = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Whether a request names an alias, or the ARN of one. */
export const isAliasName = (given: string): boolean => /^(arn:[^:]*:kms:[^:]*:[^:]*:)?alias\//.test(given);

/** @throws ApiError NotFound for a malformed id and for an ARN of another region, InvalidArn for what is no key's ARN */
function readName(place: Place, given: string): KeyName {
  let resource = given;
  let account = place.account;
  if (given.startsWith("arn:")) {
    const [, , service, region = "", named = "", ...rest] = given.split(":");
    if (service !== "kms" || rest.length === 0) throw invalidArn(`Invalid arn ${given}`);
    if (region !== place.region) throw notFound(`Invalid arn ${region}`);
    resource = rest.join(":");
    account = named;
    if (!resource.startsWith("alias/") && !resource.startsWith("key/")) throw invalidArn(`Invalid arn ${given}`);
    resource = resource.replace(/^key\//, "");
  }
  if (resource.startsWith("alias/")) return { account, alias: resource };
  if (!KEY_ID.test(resource)) throw notFound(`Invalid keyId '${resource}'`);
  return { account, id: resource };
}

export const noAlias = (place: Place, name: string) => notFound(`Alias ${aliasArn(place, name)} is not found.`);
export const noKey = (place: Place, id: string) => notFound(`Key '${keyArn(place, id)}' does not exist`);

/** A key that was found, or the name under which there is none. */
export type FoundKey =
  | { readonly row: KeyRow; readonly alias?: string }
  | { readonly row?: undefined; readonly arn: string; readonly missing: Error };

/** Whether a request names a key of another account, or another's alias. */
export const isElsewhere = (place: Place, given: string): boolean =>
  given.startsWith("arn:") && given.split(":")[4] !== place.account;

/** Finds what a request names, in whatever account. @throws ApiError NotFound, InvalidArn when it can name no key */
export async function findKey(parts: Parts, place: Place & { readonly at: number }, given: string): Promise<FoundKey> {
  const { account, id, alias } = readName(place, given);
  const home = { ...place, account };
  const found = alias === undefined ? id : await keyBehind(parts, home, { alias, isOwn: account === place.account });
  if (found === undefined) {
    const name = alias ?? "";
    return { arn: aliasArn(home, name), missing: noAlias(home, name) };
  }
  const row = await parts.rows.get<KeyDocument>(keyKey(home, found));
  // A key whose day has come is gone, whether its row is removed yet or not.
  if (row === undefined || (row.document.deleteAt !== undefined && row.document.deleteAt <= place.at)) {
    return { arn: keyArn(home, found), missing: noKey(home, found) };
  }
  return { row, ...(alias === undefined ? {} : { alias }) };
}

/** Only for its own callers does an account get the key that AWS manages. */
async function keyBehind(
  parts: Parts,
  home: Place & { readonly at: number },
  { alias, isOwn }: { readonly alias: string; readonly isOwn: boolean },
): Promise<string | undefined> {
  return (await aliasTarget(parts, home, alias)) ?? (isOwn ? await makeManaged(parts, home, alias) : undefined);
}

async function aliasTarget(parts: Parts, place: Place, alias: string): Promise<string | undefined> {
  return (await parts.rows.get<AliasDocument>(aliasKey(place, alias)))?.document.keyId;
}

/**
 * The key that AWS manages for a service, made when its alias is first named (KMS API reference, DescribeKey); undefined for
 * other aliases.
 */
async function makeManaged(parts: Parts, place: Place & { readonly at: number }, alias: string) {
  const service = managedService(alias);
  if (service === undefined) return undefined;
  const id = randomUUID();
  const document: KeyDocument = {
    ...managedFace(place, service),
    tags: {},
    materials: [newMaterial(parts, id, place.at)],
    rotation: { periodDays: MANAGED_ROTATION_DAYS, nextAt: place.at + MANAGED_ROTATION_DAYS * DAY_MS },
  };
  const times = { createdAt: place.at, modifiedAt: place.at };
  const key = { ...keyKey(place, id), status: "Enabled", ...times, document };
  const named = { ...aliasKey(place, alias), status: "", parent: id, ...times, document: { keyId: id } };
  try {
    await parts.rows.commit({ expect: [{ key: aliasKey(place, alias), version: "absent" }], put: [key, named] });
    return id;
  } catch (cause) {
    if (!(cause instanceof Conflict)) throw cause;
    return aliasTarget(parts, place, alias);
  }
}

/** The key that a request names. @throws ApiError NotFound, InvalidArn */
export async function requireKey(parts: Parts, place: Place & { readonly at: number }, given: string): Promise<KeyRow> {
  const found = await findKey(parts, place, given);
  if (found.row === undefined) throw found.missing;
  return found.row;
}

/** @throws ApiError KMSInvalidState when the key is pending deletion */
export function requireKept(row: KeyRow): KeyRow {
  if (stateOf(row) === "PendingDeletion") throw invalidState(`${arnOf(row)} is pending deletion.`);
  return row;
}

/** @throws ApiError Disabled, KMSInvalidState */
export function requireEnabled(row: KeyRow): KeyRow {
  if (stateOf(row) === "Disabled") throw disabled(`${arnOf(row)} is disabled.`);
  return requireKept(row);
}

/** For commits of what belongs to a key: they fail when the key has been removed meanwhile. */
export const whileKeyStays = (place: Place, id: string): Expectation => ({
  key: keyKey(place, id),
  version: "present",
});

/** What a change makes of a key. */
export type KeyChange = (row: KeyRow) => { readonly status?: KeyState; readonly document?: KeyDocument };

/** Changes a key as a whole, also while others change it. @throws ApiError NotFound, and what `change` throws */
export async function changeKey(parts: Parts, call: Call, given: string, change: KeyChange): Promise<KeyRow> {
  return await again(async () => {
    const row = await requireKey(parts, call, given);
    const { version, ...kept } = row;
    const changed = { ...kept, ...change(row), modifiedAt: call.at };
    await parts.rows.commit({ expect: [{ key: keyKey(call, row.name), version }], put: [changed] });
    return { ...changed, version: version + 1 };
  });
}
