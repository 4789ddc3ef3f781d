// What a caller says about an object beside its bytes, kept at a write and given back at a read.
import { createHash } from "node:crypto";
import type {
  ObjectCannedACL,
  ObjectLockLegalHoldStatus,
  ObjectLockMode,
  ServerSideEncryption,
  StorageClass,
} from "../../../../../contract/s3/types.ts";
import { s3Errors } from "../errors.ts";
import { cannedAcl } from "./acl.ts";
import { checksumMember } from "./checksums.ts";
import { wholeSeconds } from "./conditions.ts";
import { defaultLock } from "./locks.ts";
import type { Bucket, KeptEncryption, KeptHeaders, ObjectDocument, ObjectFace, ObjectLock } from "./model.ts";
import { answeredVersion } from "./objects.ts";
import { parseTagging } from "./tags.ts";

/** Members shared by PutObject, CopyObject and CreateMultipartUpload. */
export interface FaceInput extends KeptHeaders {
  readonly Key: string;
  readonly ACL?: ObjectCannedACL | undefined;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
  readonly Tagging?: string | undefined;
  readonly StorageClass?: StorageClass | undefined;
  readonly ServerSideEncryption?: ServerSideEncryption | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly BucketKeyEnabled?: boolean | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
  readonly SSECustomerKey?: string | undefined;
  readonly SSECustomerKeyMD5?: string | undefined;
  readonly ObjectLockMode?: ObjectLockMode | undefined;
  readonly ObjectLockRetainUntilDate?: number | undefined;
  readonly ObjectLockLegalHoldStatus?: ObjectLockLegalHoldStatus | undefined;
}

/** UTF-8 bytes (S3 user guide, "Naming Amazon S3 objects"). */
const LONGEST_KEY_BYTES = 1024;
/** Names and values together, bytes (S3 user guide, "Working with object metadata"). */
const LARGEST_METADATA_BYTES = 2048;
const storageClasses: readonly string[] = [
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER",
  "DEEP_ARCHIVE",
  "GLACIER_IR",
];

/** @throws ApiError KeyTooLongError */
export function checkKey(key: string): void {
  const sizeBytes = Buffer.byteLength(key);
  if (sizeBytes > LONGEST_KEY_BYTES)
    throw s3Errors.keyTooLong({ Size: String(sizeBytes), MaxSizeAllowed: String(LONGEST_KEY_BYTES) });
}

/** The caller's words about a new object, checked. @throws ApiError MetadataTooLarge, InvalidStorageClass, InvalidTag … */
export function faceOf(input: FaceInput, bucket: Bucket, now: number): ObjectFace {
  checkKey(input.Key);
  const metadata = input.Metadata ?? {};
  const metadataBytes = Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  if (metadataBytes > LARGEST_METADATA_BYTES)
    throw s3Errors.metadataTooLarge({ Size: String(metadataBytes), MaxSizeAllowed: String(LARGEST_METADATA_BYTES) });
  const storageClass = input.StorageClass ?? "STANDARD";
  if (!storageClasses.includes(storageClass))
    throw s3Errors.invalidStorageClass({ StorageClassRequested: storageClass });
  return {
    headers: headersOf(input),
    metadata,
    tags: parseTagging(input.Tagging),
    encryption: encryptionOf(input, bucket),
    storageClass,
    lock: lockOf(input, bucket, now),
    acl: cannedAcl(input.ACL, bucket),
  };
}

function headersOf(input: KeptHeaders): KeptHeaders {
  return {
    ContentType: input.ContentType || "binary/octet-stream",
    CacheControl: input.CacheControl,
    ContentDisposition: input.ContentDisposition,
    // aws-chunked says how the request was framed, not what the object is.
    ContentEncoding: withoutFraming(input.ContentEncoding),
    ContentLanguage: input.ContentLanguage,
    Expires: input.Expires,
    WebsiteRedirectLocation: input.WebsiteRedirectLocation,
  };
}

function withoutFraming(encoding: string | undefined): string | undefined {
  if (encoding === undefined || !encoding.includes("aws-chunked")) return encoding;
  const rest = encoding
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "aws-chunked");
  return rest.length === 0 ? undefined : rest.join(",");
}

function encryptionOf(input: FaceInput, bucket: Bucket): KeptEncryption {
  if (input.SSECustomerAlgorithm !== undefined || input.SSECustomerKey !== undefined) {
    checkCustomerKey(input);
    return { SSECustomerAlgorithm: input.SSECustomerAlgorithm, SSECustomerKeyMD5: input.SSECustomerKeyMD5 };
  }
  const given = input.ServerSideEncryption;
  if (given !== undefined && !["AES256", "aws:kms", "aws:kms:dsse"].includes(given))
    throw s3Errors.invalidArgument("The encryption method specified is not supported", {
      ArgumentName: "x-amz-server-side-encryption",
      ArgumentValue: given,
    });
  if (input.SSEKMSKeyId !== undefined && !given?.startsWith("aws:kms"))
    throw s3Errors.invalidArgument(
      "Server Side Encryption with KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
      { ArgumentName: "x-amz-server-side-encryption", ArgumentValue: given ?? "null" },
    );
  if (given !== undefined)
    return {
      ServerSideEncryption: given,
      SSEKMSKeyId: input.SSEKMSKeyId,
      BucketKeyEnabled: given.startsWith("aws:kms") ? input.BucketKeyEnabled : undefined,
    };
  const [rule] = bucket.settings.encryption?.Rules ?? [];
  const byDefault = rule?.ApplyServerSideEncryptionByDefault;
  if (byDefault === undefined) return { ServerSideEncryption: "AES256" };
  return {
    ServerSideEncryption: byDefault.SSEAlgorithm,
    SSEKMSKeyId: byDefault.KMSMasterKeyID,
    BucketKeyEnabled: rule?.BucketKeyEnabled === true ? true : undefined,
  };
}

type CustomerKey = Pick<FaceInput, "SSECustomerAlgorithm" | "SSECustomerKey" | "SSECustomerKeyMD5">;

/** @throws ApiError InvalidArgument, InvalidRequest */
function checkCustomerKey(input: CustomerKey): void {
  const said = (message: string, ArgumentName: string, ArgumentValue: string | undefined) =>
    s3Errors.invalidArgument(message, { ArgumentName, ArgumentValue: ArgumentValue ?? "null" });
  const header = "x-amz-server-side-encryption-customer";
  if (input.SSECustomerAlgorithm === undefined)
    throw said(
      "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.",
      `${header}-algorithm`,
      undefined,
    );
  if (input.SSECustomerAlgorithm !== "AES256")
    throw said(
      "The requested encryption algorithm is not valid, must be AES256.",
      `${header}-algorithm`,
      input.SSECustomerAlgorithm,
    );
  if (input.SSECustomerKey === undefined)
    throw said(
      "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.",
      `${header}-key`,
      undefined,
    );
  if (input.SSECustomerKeyMD5 === undefined)
    throw said(
      "Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated MD5 of the secret key.",
      `${header}-key-MD5`,
      undefined,
    );
  const key = Buffer.from(input.SSECustomerKey, "base64");
  if (key.length !== 32)
    throw said(
      "The secret key was invalid for the specified algorithm.",
      `${header}-algorithm`,
      input.SSECustomerAlgorithm,
    );
  if (createHash("md5").update(key).digest("base64") !== input.SSECustomerKeyMD5)
    throw said(
      "The calculated MD5 hash of the key did not match the hash that was provided.",
      `${header}-key-MD5`,
      input.SSECustomerKeyMD5,
    );
}

/** A read has to bring the key that the object was written with. @throws ApiError InvalidRequest, AccessDenied */
export function checkCustomerKeyForRead(input: CustomerKey, document: ObjectDocument): void {
  const { SSECustomerKeyMD5 } = document.encryption;
  if (SSECustomerKeyMD5 === undefined) {
    if (input.SSECustomerAlgorithm === undefined && input.SSECustomerKey === undefined) return;
    throw s3Errors.invalidRequest("The encryption parameters are not applicable to this object.");
  }
  if (input.SSECustomerAlgorithm === undefined && input.SSECustomerKey === undefined)
    throw s3Errors.invalidRequest(
      "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
    );
  checkCustomerKey(input);
  if (input.SSECustomerKeyMD5 !== SSECustomerKeyMD5)
    throw s3Errors.accessDenied("The provided encryption parameters did not match the ones used originally.");
}

function lockOf(input: FaceInput, bucket: Bucket, now: number): ObjectLock {
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until, ObjectLockLegalHoldStatus: legalHold } = input;
  if ((mode ?? until ?? legalHold) !== undefined && bucket.settings.objectLock === undefined)
    throw s3Errors.invalidRequest("Bucket is missing Object Lock Configuration");
  if ((mode === undefined) !== (until === undefined))
    throw s3Errors.invalidArgument(
      "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
      { ArgumentName: mode === undefined ? "x-amz-object-lock-mode" : "x-amz-object-lock-retain-until-date" },
    );
  if (mode !== undefined && mode !== "GOVERNANCE" && mode !== "COMPLIANCE")
    throw s3Errors.invalidArgument("Unknown wormMode directive.", {
      ArgumentName: "x-amz-object-lock-mode",
      ArgumentValue: mode,
    });
  if (until !== undefined && until * 1000 <= now)
    throw s3Errors.invalidArgument("The retain until date must be in the future!", {
      ArgumentName: "x-amz-object-lock-retain-until-date",
      ArgumentValue: new Date(until * 1000).toISOString(),
    });
  const retention =
    mode === undefined || until === undefined ? defaultLock(bucket, now) : { mode, retainUntil: until * 1000 };
  return { ...retention, legalHold };
}

/** The whole object's checksum as members of an answer; only with ChecksumMode ENABLED at reads. */
export function checksumAnswer(document: Pick<ObjectDocument, "checksum">): Record<string, string> {
  if (document.checksum === undefined) return {};
  const { algorithm, type, value } = document.checksum;
  return { [checksumMember(algorithm)]: value, ChecksumType: type };
}

/** How the object is encrypted, as answers of writes have it. */
export const encryptionAnswer = ({ encryption }: Pick<ObjectDocument, "encryption">): KeptEncryption => encryption;

/** Members that GetObject and HeadObject share, without length and range. */
export function describe(document: ObjectDocument, bucket: Bucket) {
  const { lock, tags } = document;
  return {
    AcceptRanges: "bytes",
    LastModified: wholeSeconds(document.modifiedAt),
    ETag: `"${document.etag}"`,
    VersionId: answeredVersion(bucket, document),
    Metadata: document.metadata,
    ...document.headers,
    ...document.encryption,
    StorageClass: document.storageClass === "STANDARD" ? undefined : (document.storageClass as StorageClass),
    PartsCount: undefined,
    TagCount: tags.length === 0 ? undefined : tags.length,
    ObjectLockMode: lock.mode,
    ObjectLockRetainUntilDate: lock.retainUntil === undefined ? undefined : lock.retainUntil / 1000,
    ObjectLockLegalHoldStatus: lock.legalHold,
  };
}
