// By which keys an object's bodies are sealed: for SSE-KMS a data key that KMS gives and opens, for SSE-C the customer's own,
// for SSE-S3 this server's. Each body has a key of its own that follows from it, see core/sealed-frames.
// Source: S3 user guide, "Using server-side encryption with AWS KMS keys" (permissions, encryption context).
import type { Call } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { KeyUse } from "../../../core/ports.ts";
import { bodyKey } from "../../../core/sealed-frames.ts";
import { s3Errors } from "../errors.ts";
import { type CustomerKey, customerKey, customerKeyForPart, customerKeyForRead, sourceOf } from "./customer-key.ts";
import type { Bucket, KeptEncryption, ObjectDocument, S3Context } from "./model.ts";
import { bucketArn } from "./names.ts";

/** What the keys of an object's bodies follow from. */
export interface BodyKeys {
  readonly key: Uint8Array;
  /** Which object it is: the bodies of another one are not opened by them. */
  readonly binding: string;
  /** Whether ETags are not to tell the MD5 of the bytes: so it is with SSE-KMS and SSE-C. */
  readonly hidesMd5: boolean;
}

/** The key of one body, `part` of an upload or the only one. */
export function keyOf(keys: BodyKeys | undefined, salt: string, part = 0): Buffer {
  if (keys === undefined) throw new Error("A sealed body is read without the keys of its object.");
  return bodyKey(keys.key, Buffer.from(salt, "base64"), `${keys.binding}\0${part}`);
}

interface Place {
  readonly bucket: Bucket;
  readonly key: string;
}

const bindingOf = ({ bucket, key }: Place): string => `${bucket.name}\0${key}`;

type Encrypted = Pick<ObjectDocument, "encryption" | "keySource">;

/**
 * What is written, with where its keys come from and the ARN of the key of KMS in place of the name that was given; and the
 * keys, for what is to be sealed. @throws ApiError KMS.…, AccessDenied, InvalidArgument
 */
export async function newKeys<Face extends Encrypted>(
  context: S3Context,
  call: Call,
  place: Place,
  { face, input }: { readonly face: Face; readonly input: CustomerKey },
): Promise<{ readonly face: Face; readonly keys: BodyKeys | undefined }> {
  const { encryption } = face;
  const binding = bindingOf(place);
  if (encryption.SSECustomerAlgorithm !== undefined) {
    const key = customerKey(input);
    return { face: { ...face, keySource: sourceOf(key) }, keys: { key, binding, hidesMd5: true } };
  }
  if (encryption.ServerSideEncryption === undefined) return { face, keys: undefined };
  if (!isKms(encryption)) {
    return { face: { ...face, keySource: { from: "master" } }, keys: masterKeys(context, binding) };
  }
  const { keyArn, plaintext, encrypted } = await kms(place, encryption, call, (of, use) =>
    context.keys.generate(of, encryption.SSEKMSKeyId ?? KEY_OF_S3, use),
  );
  const dataKey = Buffer.from(encrypted).toString("base64");
  return {
    face: { ...face, encryption: { ...encryption, SSEKMSKeyId: keyArn }, keySource: { from: "kms", dataKey } },
    keys: { key: plaintext, binding, hidesMd5: true },
  };
}

/** To be called before bytes of an object are read. @throws ApiError KMS.…, AccessDenied, InvalidRequest, InvalidArgument */
export async function keysForRead(
  context: S3Context,
  call: Call,
  place: Place,
  { object, input }: { readonly object: Encrypted; readonly input: CustomerKey },
): Promise<BodyKeys | undefined> {
  return keysBehind(context, call, place, { object, customers: customerKeyForRead(input, object) });
}

/** For a part of an upload. @throws ApiError as `keysForRead` */
export async function keysForPart(
  context: S3Context,
  call: Call,
  place: Place,
  { face, input }: { readonly face: Encrypted; readonly input: CustomerKey },
): Promise<BodyKeys | undefined> {
  return keysBehind(context, call, place, { object: face, customers: customerKeyForPart(input, face) });
}

/**
 * For what tells of bytes under a key of KMS without giving them: who completes an upload of them, or asks for their checksum, has
 * to be allowed to decrypt them. @throws ApiError KMS.…, AccessDenied
 */
export async function mayDecrypt(context: S3Context, call: Call, place: Place, object: Encrypted): Promise<void> {
  if (isKms(object.encryption)) await keysBehind(context, call, place, { object, customers: undefined });
}

async function keysBehind(
  context: S3Context,
  call: Call,
  place: Place,
  { object, customers }: { readonly object: Encrypted; readonly customers: Uint8Array | undefined },
): Promise<BodyKeys | undefined> {
  const { encryption, keySource } = object;
  const binding = bindingOf(place);
  if (keySource?.from === "master") return masterKeys(context, binding);
  if (keySource?.from === "customer") return customers && { key: customers, binding, hidesMd5: true };
  if (keySource?.from === "kms") {
    const encrypted = Buffer.from(keySource.dataKey, "base64");
    const key = await kms(place, encryption, call, (of, use) => context.keys.decrypt(of, encrypted, use));
    return { key, binding, hidesMd5: true };
  }
  // Written before bodies were encrypted; what is no ARN even before keys were looked at.
  if (encryption.SSEKMSKeyId?.startsWith("arn:"))
    await kms(place, encryption, call, (of, use) =>
      context.keys.usable(of, encryption.SSEKMSKeyId ?? "", { ...use, operations: ["Decrypt"] }),
    );
  return undefined;
}

/** The key that AWS manages for S3, used where none is named. */
const KEY_OF_S3 = "alias/aws/s3";

const isKms = ({ ServerSideEncryption }: KeptEncryption): boolean =>
  ServerSideEncryption?.startsWith("aws:kms") === true;

const masterKeys = (context: S3Context, binding: string): BodyKeys => ({
  key: context.masterKey,
  binding,
  hidesMd5: false,
});

async function kms<Result>(
  { bucket, key }: Place,
  encryption: KeptEncryption,
  call: Call,
  work: (call: Call, use: KeyUse) => Promise<Result>,
): Promise<Result> {
  // Keys of KMS answer to callers with a name: not even that of S3 is looked for, or made, for anybody else.
  if (call.principal.kind === "anonymous") throw unsignedForKms();
  const { region } = bucket;
  // A bucket key serves all objects of its bucket, and its context names no object.
  const arn = encryption.BucketKeyEnabled ? bucketArn(bucket.name) : `${bucketArn(bucket.name)}/${key}`;
  const encryptionContext = { ...parseContext(encryption.SSEKMSEncryptionContext), "aws:s3:arn": arn };
  try {
    return await work({ ...call, region }, { encryptionContext, viaService: `s3.${region}.amazonaws.com` });
  } catch (cause) {
    throw cause instanceof ApiError ? inWordsOfS3(cause) : cause;
  }
}

/** The header x-amz-server-side-encryption-context: base64 of a JSON object of texts. @throws ApiError InvalidArgument */
export function parseContext(header: string | undefined): Readonly<Record<string, string>> {
  if (header === undefined) return {};
  const refused = s3Errors.invalidArgument(
    "The header x-amz-server-side-encryption-context shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map",
    {
      ArgumentName: "x-amz-server-side-encryption-context",
      ArgumentValue: header,
    },
  );
  try {
    const pairs: unknown = JSON.parse(Buffer.from(header, "base64").toString("utf8"));
    const isMap = typeof pairs === "object" && pairs !== null && !Array.isArray(pairs);
    if (isMap && Object.values(pairs).every((value) => typeof value === "string"))
      return pairs as Record<string, string>;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw refused;
}

/** S3 user guide, "Using server-side encryption with AWS KMS keys", in S3's words. */
const unsignedForKms = (): ApiError =>
  s3Errors.invalidArgument(
    "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
    { ArgumentName: "Authorization", ArgumentValue: "null" },
  );

/** Errors of KMS have its name before their own. */
const inWordsOfS3 = (error: ApiError): ApiError =>
  error.code.startsWith("AccessDenied") ? error : new ApiError(`KMS.${error.code}`, error.status, error.message);
