// What kinds of keys there are, what each is for and by which algorithms. KMS developer guide, "Key spec reference"; texts as
// recorded in LocalStack's tests/aws/services/kms/test_kms.snapshot.json.
import { generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { CustomerMasterKeySpec } from "../../../../../contract/kms/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { invalidKeyUsage } from "../errors.ts";
import { arnOf, type KeyRow, type Usage } from "./keyring.ts";

export interface Spec {
  /** The algorithms of each usage that a key of this kind may have. */
  readonly algorithms: Readonly<Partial<Record<Usage, readonly string[]>>>;
  /** Bytes of a secret key, DER (PKCS #8) of a private one. */
  make(): Promise<Buffer> | Buffer;
}

export const SYMMETRIC = "SYMMETRIC_DEFAULT";

const newPair = promisify(generateKeyPair);
const asDer = { type: "pkcs8", format: "der" } as const;
const asPublicDer = { type: "spki", format: "der" } as const;
const encodings = { privateKeyEncoding: asDer, publicKeyEncoding: asPublicDer };

const rsa = (modulusLength: number): Spec => ({
  algorithms: {
    ENCRYPT_DECRYPT: ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
    SIGN_VERIFY: ["PKCS1_V1_5", "PSS"].flatMap((padding) =>
      [256, 384, 512].map((bits) => `RSASSA_${padding}_SHA_${bits}`),
    ),
  },
  make: async () => (await newPair("rsa", { modulusLength, ...encodings })).privateKey,
});

const ecc = (namedCurve: string, bits: number): Spec => ({
  algorithms: { SIGN_VERIFY: [`ECDSA_SHA_${bits}`] },
  make: async () => (await newPair("ec", { namedCurve, ...encodings })).privateKey,
});

const hmac = (bits: number): Spec => ({
  algorithms: { GENERATE_VERIFY_MAC: [`HMAC_SHA_${bits}`] },
  make: () => randomBytes(bits / 8),
});

const specs: Readonly<Record<string, Spec>> = {
  [SYMMETRIC]: { algorithms: { ENCRYPT_DECRYPT: [SYMMETRIC] }, make: () => randomBytes(32) },
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: ecc("prime256v1", 256),
  ECC_NIST_P384: ecc("secp384r1", 384),
  ECC_NIST_P521: ecc("secp521r1", 512),
  ECC_SECG_P256K1: ecc("secp256k1", 256),
  HMAC_224: hmac(224),
  HMAC_256: hmac(256),
  HMAC_384: hmac(384),
  HMAC_512: hmac(512),
};

/** Undefined for a kind that is not built. */
export const findSpec = (name: string): Spec | undefined => (Object.hasOwn(specs, name) ? specs[name] : undefined);

export const specOf = ({ document }: KeyRow): string => document.spec ?? SYMMETRIC;
export const usageOf = ({ document }: KeyRow): Usage => document.usage ?? "ENCRYPT_DECRYPT";

/** Of the key's usage. */
export const algorithmsOf = (row: KeyRow): readonly string[] => findSpec(specOf(row))?.algorithms[usageOf(row)] ?? [];

const MEMBERS = {
  ENCRYPT_DECRYPT: "EncryptionAlgorithms",
  SIGN_VERIFY: "SigningAlgorithms",
  GENERATE_VERIFY_MAC: "MacAlgorithms",
} as const satisfies Readonly<Record<Usage, string>>;

/** What answers say of spec, usage and algorithms. */
export function specAnswer(row: KeyRow) {
  const spec = specOf(row) as CustomerMasterKeySpec;
  return {
    CustomerMasterKeySpec: spec,
    KeySpec: spec,
    KeyUsage: usageOf(row),
    [MEMBERS[usageOf(row)]]: algorithmsOf(row),
  };
}

/** Whether keys of this kind are pairs, one half of them public. */
export const isPair = (spec: string): boolean => /^(RSA|ECC)_/.test(spec);

/** @throws ApiError InvalidKeyUsage when the key is for something else than the operation, or than the algorithm */
export function requireUsage(
  call: Call,
  row: KeyRow,
  wanted: { readonly usage: Usage; readonly algorithm: string },
): KeyRow {
  if (usageOf(row) !== wanted.usage)
    throw invalidKeyUsage(`${arnOf(row)} key usage is ${usageOf(row)} which is not valid for ${call.operation}.`);
  if (!algorithmsOf(row).includes(wanted.algorithm))
    throw invalidKeyUsage(`Algorithm ${wanted.algorithm} is incompatible with key spec ${specOf(row)}.`);
  return row;
}

const GRANTED_ON_ANY = ["CreateGrant", "RetireGrant", "DescribeKey"];
const ENCRYPTION = ["Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"];
const DATA_KEYS = ["GenerateDataKey", "GenerateDataKeyWithoutPlaintext"];
const DATA_KEY_PAIRS = ["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"];

/** What a grant on the key may allow beside that (KMS developer guide, "Grant operations"). */
function grantableOn(row: KeyRow): readonly string[] {
  const usage = usageOf(row);
  if (usage === "SIGN_VERIFY") return ["Sign", "Verify", "GetPublicKey"];
  if (usage === "GENERATE_VERIFY_MAC") return ["GenerateMac", "VerifyMac"];
  return isPair(specOf(row)) ? [...ENCRYPTION, "GetPublicKey"] : [...ENCRYPTION, ...DATA_KEYS, ...DATA_KEY_PAIRS];
}

/** @throws ApiError Validation when a grant is to allow what no key of this kind does */
export function requireGrantable(row: KeyRow, operations: readonly string[]): void {
  const allowed = [...GRANTED_ON_ANY, ...grantableOn(row)];
  const other = operations.find((operation) => !allowed.includes(operation));
  if (other === undefined) return;
  throw errors.validation(
    `A grant on a key of spec ${specOf(row)} and usage ${usageOf(row)} can allow ${allowed.join(", ")}; got ${other}.`,
  );
}

/** What CreateKey is asked for. @throws ApiError Validation when spec and usage do not go together */
export function usageFor(spec: string, asked: string | undefined): Usage {
  if (asked === undefined && spec !== SYMMETRIC)
    throw errors.validation("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.");
  const usage = (asked ?? "ENCRYPT_DECRYPT") as Usage;
  if (findSpec(spec)?.algorithms[usage] === undefined)
    throw errors.validation(`KeyUsage ${usage} is not compatible with KeySpec ${spec}`);
  return usage;
}
