// What is kept of buckets, objects and uploads. Members with the API's spelling are kept and given back as they came.
import type {
  AccessControlPolicy,
  BucketAccelerateStatus,
  BucketLifecycleConfiguration,
  ChecksumAlgorithm,
  ChecksumType,
  CORSConfiguration,
  LoggingEnabled,
  NotificationConfiguration,
  ObjectLockConfiguration,
  OwnershipControls,
  Payer,
  PublicAccessBlockConfiguration,
  ServerSideEncryptionConfiguration,
  Tag,
  WebsiteConfiguration,
} from "../../../../../contract/s3/types.ts";
import type { Clock } from "../../../core/clock.ts";
import type { Log } from "../../../core/log.ts";
import type { DataKeys, PolicyChecks, Topics } from "../../../core/ports.ts";
import type { Blob, Blobs } from "../../../store/blobs/blobs.ts";
import type { Outbox } from "../../../store/outbox.ts";
import type { Row, Rows } from "../../../store/rows/rows.ts";
import type { Checksums } from "./checksums.ts";
import type { Notice } from "./notice.ts";

/** What every operation of S3 works with. */
export interface S3Context {
  readonly rows: Rows;
  readonly blobs: Blobs;
  readonly keys: DataKeys;
  readonly policies: PolicyChecks;
  /** Of objects that no key of KMS or of a customer encrypts. */
  readonly masterKey: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
  readonly checksums: Checksums;
  /** Events that are on their way to topics and to the bus. */
  readonly notices: Outbox<Notice>;
  readonly topics: Topics;
  /** The next place in the order of events. */
  readonly sequencer: () => string;
}

export const kinds = {
  bucket: "s3:bucket",
  /** The current version of each key, if it is no delete marker. Scope: bucket. Name: encodeKey(key). */
  object: "s3:object",
  /** All other versions, delete markers too. Scope: bucket. Name: nameUnderKey(key, version id). */
  version: "s3:version",
  /** Where the null version of a key is, when it is not the current one. Same names as objects. */
  nullVersion: "s3:null-version",
  /** Lists of parts of objects made by multipart uploads. Scope: bucket. Name: id. */
  partList: "s3:part-list",
  /** Scope: bucket. Name: nameUnderKey(key, upload id). */
  upload: "s3:multipart-upload",
  /** Scope: bucket/upload id. Name: part number, five digits. */
  part: "s3:part",
} as const;

/** Bucket names are unique over all accounts and regions of a server. */
export const BUCKET_SCOPE = "global";

export interface BucketDocument {
  readonly region: string;
  /** Account that made it. The row's parent is the same, for ListBuckets. */
  readonly owner: string;
  readonly settings: BucketSettings;
  /** Some object has been written that another account owns: then owners are looked up before anybody is let in. */
  readonly mixedOwners?: true;
}

export interface BucketSettings {
  readonly versioning?: "Enabled" | "Suspended";
  readonly policy?: string;
  readonly acl?: AccessControlPolicy;
  readonly tags?: readonly Tag[];
  readonly publicAccess?: PublicAccessBlockConfiguration;
  readonly ownership?: OwnershipControls;
  readonly encryption?: ServerSideEncryptionConfiguration;
  readonly cors?: CORSConfiguration;
  readonly objectLock?: ObjectLockConfiguration;
  readonly lifecycle?: BucketLifecycleConfiguration;
  readonly website?: WebsiteConfiguration;
  readonly logging?: LoggingEnabled;
  readonly notification?: NotificationConfiguration;
  readonly requestPayer?: Payer;
  readonly acceleration?: BucketAccelerateStatus;
}

export interface Bucket extends BucketDocument {
  readonly name: string;
  readonly row: Row<BucketDocument>;
}

/** Bytes in the store. */
export interface StoredBody {
  readonly blob: Blob;
  /** Present when they are sealed (core/sealed-frames): the salt of their key, base64. */
  readonly salt?: string;
}

/** Where an object's bytes are; absent for empty objects and delete markers. */
export type BodyPlace =
  | StoredBody
  /** A row of kind part-list. */
  | { readonly partList: string; readonly parts: number };

export interface StoredPart {
  /** Absent when the part is empty. */
  readonly blob?: Blob;
  /** As of a `StoredBody`. */
  readonly salt?: string;
  readonly number: number;
  readonly sizeBytes: number;
  /** The part's ETag: its MD5 in hexadecimal digits, but for what WrittenBody says. */
  readonly md5: string;
  /** Of the part's bytes, base64. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

export interface StoredChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  /** Base64; `-N` behind it when composite. */
  readonly value: string;
}

/** Headers kept and given back as they came. */
export interface KeptHeaders {
  readonly ContentType?: string | undefined;
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly Expires?: string | undefined;
  readonly WebsiteRedirectLocation?: string | undefined;
}

export interface ObjectLock {
  readonly mode?: "GOVERNANCE" | "COMPLIANCE" | undefined;
  /** Milliseconds since 1970. */
  readonly retainUntil?: number | undefined;
  readonly legalHold?: "ON" | "OFF" | undefined;
}

/** One version of an object, or a delete marker. */
export interface ObjectDocument {
  readonly deleteMarker?: true;
  /** Sorts versions of a key, newest first; what callers see as version id unless `isNull`. */
  readonly id: string;
  /** Written while versioning was off or suspended. */
  readonly isNull: boolean;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  readonly owner: string;
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly etag: string;
  readonly body?: BodyPlace | undefined;
  readonly headers: KeptHeaders;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
  readonly checksum?: StoredChecksum | undefined;
  readonly encryption: KeptEncryption;
  /** Absent when the bytes lie in the store as they came. */
  readonly keySource?: KeySource | undefined;
  readonly storageClass: string;
  readonly lock: ObjectLock;
  readonly acl?: AccessControlPolicy | undefined;
}

/** What the keys of an object's bodies come from: see body-keys.ts. */
export type KeySource =
  | { readonly from: "master" }
  /** The object's data key, encrypted by KMS; base64. */
  | { readonly from: "kms"; readonly dataKey: string }
  /** By which the customer's key is known again: HMAC-SHA-256 of the salt; base64. */
  | { readonly from: "customer"; readonly salt: string; readonly check: string };

/** Encryption asked for by the caller or the bucket, as given back. */
export interface KeptEncryption {
  readonly ServerSideEncryption?: "AES256" | "aws:kms" | "aws:kms:dsse" | "aws:fsx" | "aws:backup" | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly BucketKeyEnabled?: boolean | undefined;
  /** Base64 of JSON; part of what KMS is asked with. */
  readonly SSEKMSEncryptionContext?: string | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
  /** Of objects written before bodies were encrypted; of others it comes with the request. */
  readonly SSECustomerKeyMD5?: string | undefined;
}

/** What a caller says about a new object, at PutObject, CopyObject or CreateMultipartUpload. */
export type ObjectFace = Pick<
  ObjectDocument,
  "owner" | "headers" | "metadata" | "tags" | "encryption" | "keySource" | "storageClass" | "lock" | "acl"
>;

/** A multipart upload under way. */
export interface UploadDocument {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly owner: string;
  /** ARN of the caller who began it. */
  readonly initiator: string;
  readonly face: ObjectFace;
  /** Absent when the caller asked for none: then parts are summed by CRC64NVME, or by what comes with them. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: ChecksumType };
}
