// S3: the nouns of the service in one table.
import type { Operations as S3Contract } from "../../../../contract/s3/types.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { DataKeys, EventBus, PolicyChecks, Topics } from "../../core/ports.ts";
import { deriveKey } from "../../core/sealing.ts";
import type { Operations, Service } from "../../core/service.ts";
import type { Blobs } from "../../store/blobs/blobs.ts";
import { keptKey } from "../../store/durable.ts";
import type { Rows } from "../../store/rows/rows.ts";
import { accessControlOperations } from "./access-control/operations.ts";
import { bucketOperations } from "./bucket/operations.ts";
import { finishRemovals } from "./bucket/remove.ts";
import { bucketSettingOperations } from "./bucket-setting/operations.ts";
import { s3ErrorCodes } from "./errors.ts";
import { listingOperations } from "./listing/operations.ts";
import { multipartOperations } from "./multipart-upload/operations.ts";
import { openNoticeBox } from "./notification/deliver.ts";
import { notificationOperations } from "./notification/operations.ts";
import { objectOperations } from "./object/operations.ts";
import { objectLockOperations } from "./object-lock/operations.ts";
import { objectTaggingOperations } from "./object-tagging/operations.ts";
import { selectOperations } from "./select/operations.ts";
import { createChecksums } from "./shared/checksums.ts";
import type { S3Context } from "./shared/model.ts";

export interface S3Parts {
  readonly rows: Rows;
  readonly blobs: Blobs;
  readonly keys: DataKeys;
  readonly policies: PolicyChecks;
  /** Behind what seals bodies that no key of KMS or of a customer does; made at first start, and to be kept. */
  readonly keyFile: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Who is told of what happens to objects. */
  readonly topics: Topics;
  readonly bus: EventBus;
  readonly report: (error: unknown) => void;
}

export async function openS3Context({ keyFile, bus, report, ...parts }: S3Parts): Promise<S3Context> {
  const masterKey = deriveKey(await keptKey(keyFile), "s3 bodies");
  const notices = openNoticeBox({ ...parts, bus, report });
  return { ...parts, masterKey, checksums: createChecksums(), notices, sequencer: createSequencer(parts.clock) };
}

/** Rising hexadecimal numbers of 16 digits: the time in 1/4096 milliseconds. */
function createSequencer({ now }: Clock): () => string {
  let last = 0n;
  return () => {
    const next = BigInt(now()) << 12n;
    last = next > last ? next : last + 1n;
    return last.toString(16).toUpperCase().padStart(16, "0");
  };
}

export function createS3(context: S3Context): Service {
  const operations = {
    ...accessControlOperations(context),
    ...bucketOperations(context),
    ...bucketSettingOperations(context),
    ...listingOperations(context),
    ...multipartOperations(context),
    ...notificationOperations(context),
    ...objectLockOperations(context),
    ...objectOperations(context),
    ...objectTaggingOperations(context),
    ...selectOperations(context),
  } satisfies { readonly [Name in keyof S3Contract]: NonNullable<Operations<S3Contract>[Name]> };
  return { name: "s3", iamPrefix: "s3", operations, validatesItself: true, errorCodes: s3ErrorCodes };
}

/** What S3 has to do once when the server starts. */
export async function startS3(context: S3Context): Promise<void> {
  await finishRemovals(context);
  await context.notices.start();
}
