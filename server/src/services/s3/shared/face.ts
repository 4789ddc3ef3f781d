// What a caller says about an object beside its bytes, kept at a write and given back at a read.
import type {
  ObjectLockLegalHoldStatus,
  ObjectLockMode,
  ServerSideEncryption,
  StorageClass,
} from "../../../../../contract/s3/types.ts";
import type { Call } from "../../../core/call.ts";
import { s3Errors } from "../errors.ts";
import { type AskedAcl, askedAcl } from "./acl.ts";
import { parseContext } from "./body-keys.ts";
import { checksumMember } from "./checksums.ts";
import { wholeSeconds } from "./conditions.ts";
import { type CustomerKey, customerKey, isGiven } from "./customer-key.ts";
import { checkAclTaken, ownerOfWritten } from "./grants.ts";
import { shown } from "./hidden-checksums.ts";
import { defaultLock } from "./locks.ts";
import type {
  Bucket,
  KeptEncryption,
  KeptHeaders,
  ObjectDocument,
  ObjectFace,
  ObjectLock,
  S3Context,
} from "./model.ts";
import { answeredVersion } from "./objects.ts";
import { parseTagging } from "./tags.ts";

/** Members shared by PutObject, CopyObject and CreateMultipartUpload. */
export interface FaceInput extends KeptHeaders, CustomerKey, Omit<AskedAcl, "AccessControlPolicy"> {
  readonly Key: string;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
  readonly Tagging?: string | undefined;
  readonly StorageClass?: StorageClass | undefined;
  readonly ServerSideEncryption?: ServerSideEncryption | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly BucketKeyEnabled?: boolean | undefined;
  readonly SSEKMSEncryptionContext?: string | undefined;
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

/** By whom and when an object is written. `now`: milliseconds since 1970. */
export interface Writing {
  readonly now: number;
  readonly call: Call;
}

/** The caller's words about a new object, checked. @throws ApiError MetadataTooLarge, InvalidStorageClass, InvalidTag … */
export function faceOf(input: FaceInput, bucket: Bucket, { now, call }: Writing): ObjectFace {
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
  const owner = ownerOfWritten(bucket, call, input);
  const acl = askedAcl(input, { owner, bucketOwner: bucket.owner, isBucket: false });
  if (acl !== undefined) checkAclTaken(bucket, acl, input);
  return {
    owner,
    headers: headersOf(input),
    metadata,
    tags: parseTagging(input.Tagging),
    encryption: encryptionOf(input, bucket),
    storageClass,
    lock: lockOf(input, bucket, now),
    acl,
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
  const given = input.ServerSideEncryption;
  if (isGiven(input)) {
    customerKey(input);
    if (given === undefined) return { SSECustomerAlgorithm: input.SSECustomerAlgorithm };
    throw s3Errors.invalidArgument(
      "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
      { ArgumentName: "x-amz-server-side-encryption", ArgumentValue: given },
    );
  }
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
  if (given === "AES256") return { ServerSideEncryption: given };
  parseContext(input.SSEKMSEncryptionContext);
  const context = { SSEKMSEncryptionContext: input.SSEKMSEncryptionContext };
  if (given !== undefined)
    return {
      ServerSideEncryption: given,
      SSEKMSKeyId: input.SSEKMSKeyId,
      BucketKeyEnabled: input.BucketKeyEnabled,
      ...context,
    };
  const [rule] = bucket.settings.encryption?.Rules ?? [];
  const byDefault = rule?.ApplyServerSideEncryptionByDefault;
  if (byDefault === undefined) return {};
  if (byDefault.SSEAlgorithm === "AES256") return { ServerSideEncryption: "AES256" };
  return {
    ServerSideEncryption: byDefault.SSEAlgorithm,
    SSEKMSKeyId: byDefault.KMSMasterKeyID,
    BucketKeyEnabled: input.BucketKeyEnabled ?? (rule?.BucketKeyEnabled === true ? true : undefined),
    ...context,
  };
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
export function checksumAnswer(context: S3Context, document: Pick<ObjectDocument, "checksum">): Record<string, string> {
  if (document.checksum === undefined) return {};
  const { algorithm, type, value } = shown(context, document.checksum);
  return { [checksumMember(algorithm)]: value, ChecksumType: type };
}

/** How the object is encrypted, as answers have it to who brought a customer's key, or none. */
export const encryptionAnswer = (
  { encryption }: Pick<ObjectDocument, "encryption">,
  { SSECustomerKeyMD5 }: CustomerKey,
): KeptEncryption =>
  encryption.SSECustomerAlgorithm === undefined ? encryption : { ...encryption, SSECustomerKeyMD5 };

/** Members that GetObject and HeadObject share, without length and range. */
export function describe(document: ObjectDocument, bucket: Bucket, input: CustomerKey) {
  const { lock, tags } = document;
  return {
    AcceptRanges: "bytes",
    LastModified: wholeSeconds(document.modifiedAt),
    ETag: `"${document.etag}"`,
    VersionId: answeredVersion(bucket, document),
    Metadata: document.metadata,
    ...document.headers,
    ...encryptionAnswer(document, input),
    StorageClass: document.storageClass === "STANDARD" ? undefined : (document.storageClass as StorageClass),
    PartsCount: undefined,
    TagCount: tags.length === 0 ? undefined : tags.length,
    ObjectLockMode: lock.mode,
    ObjectLockRetainUntilDate: lock.retainUntil === undefined ? undefined : lock.retainUntil / 1000,
    ObjectLockLegalHoldStatus: lock.legalHold,
  };
}
