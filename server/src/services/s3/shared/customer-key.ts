// SSE-C: keys that come with each request and are kept nowhere. S3 user guide, "Using server-side encryption with
// customer-provided keys"; texts as recorded in LocalStack's tests/aws/services/s3/test_s3.snapshot.json.
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { s3Errors } from "../errors.ts";
import type { KeySource, ObjectDocument } from "./model.ts";

export interface CustomerKey {
  readonly SSECustomerAlgorithm?: string | undefined;
  readonly SSECustomerKey?: string | undefined;
  readonly SSECustomerKeyMD5?: string | undefined;
}

export const isGiven = (input: CustomerKey): boolean =>
  input.SSECustomerAlgorithm !== undefined || input.SSECustomerKey !== undefined;

const KEY_BYTES = 32;
const HEADER = "x-amz-server-side-encryption-customer";

/** The key that a request brings. @throws ApiError InvalidArgument, InvalidEncryptionAlgorithmError */
export function customerKey(input: CustomerKey): Buffer {
  const { SSECustomerAlgorithm: algorithm, SSECustomerKey: key, SSECustomerKeyMD5: md5 } = input;
  const refused = (message: string, name: string, value: string | undefined) =>
    s3Errors.invalidArgument(message, { ArgumentName: `${HEADER}-${name}`, ArgumentValue: value ?? "null" });
  const requires = (what: string) =>
    `Requests specifying Server Side Encryption with Customer provided keys must provide ${what}.`;
  if (algorithm === undefined) throw refused(requires("a valid encryption algorithm"), "algorithm", algorithm);
  if (algorithm !== "AES256")
    throw s3Errors.invalidEncryptionAlgorithm({
      ArgumentName: "x-amz-server-side-encryption",
      ArgumentValue: algorithm,
    });
  if (key === undefined) throw refused(requires("an appropriate secret key"), "key", key);
  if (md5 === undefined) throw refused(requires("the client calculated MD5 of the secret key"), "key-MD5", md5);
  const bytes = Buffer.from(key, "base64");
  if (bytes.length !== KEY_BYTES)
    throw refused("The secret key was invalid for the specified algorithm.", "algorithm", algorithm);
  if (createHash("md5").update(bytes).digest("base64") !== md5)
    throw refused("The calculated MD5 hash of the key did not match the hash that was provided.", "key-MD5", md5);
  return bytes;
}

type CustomerSource = Extract<KeySource, { from: "customer" }>;

const SALT_BYTES = 16;
const checkOf = (key: Uint8Array, salt: string): Buffer => createHmac("sha256", key).update(salt).digest();

/** What is kept of a key. */
export function sourceOf(key: Uint8Array): CustomerSource {
  const salt = randomBytes(SALT_BYTES).toString("base64");
  return { from: "customer", salt, check: checkOf(key, salt).toString("base64") };
}

export const isKeyOf = (source: CustomerSource, key: Uint8Array): boolean =>
  timingSafeEqual(checkOf(key, source.salt), Buffer.from(source.check, "base64"));

/**
 * A read has to bring the key that the object was written with, and no other object takes one: that key.
 * @throws ApiError InvalidRequest, AccessDenied
 */
export function customerKeyForRead(
  input: CustomerKey,
  { encryption, keySource }: Pick<ObjectDocument, "encryption" | "keySource">,
): Buffer | undefined {
  if (encryption.SSECustomerAlgorithm === undefined) {
    if (!isGiven(input)) return undefined;
    throw s3Errors.invalidRequest("The encryption parameters are not applicable to this object.");
  }
  if (!isGiven(input))
    throw s3Errors.invalidRequest(
      "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
    );
  const key = customerKey(input);
  const isRight =
    keySource?.from === "customer" ? isKeyOf(keySource, key) : input.SSECustomerKeyMD5 === encryption.SSECustomerKeyMD5;
  if (!isRight)
    throw s3Errors.accessDenied(
      "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.",
    );
  return key;
}

/**
 * The key of a part: of an upload that began with one, the same, and of another none.
 * @throws ApiError InvalidRequest
 */
export function customerKeyForPart(
  input: CustomerKey,
  { encryption, keySource }: Pick<ObjectDocument, "encryption" | "keySource">,
): Buffer | undefined {
  if (isGiven(input) !== (encryption.SSECustomerAlgorithm !== undefined))
    throw s3Errors.invalidRequest(
      "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.",
    );
  if (!isGiven(input)) return undefined;
  const key = customerKey(input);
  if (keySource?.from === "customer" && !isKeyOf(keySource, key))
    throw s3Errors.invalidRequest("The provided encryption parameters did not match the ones used originally.");
  return key;
}
