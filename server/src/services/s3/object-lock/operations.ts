// Object lock: a bucket's default retention, retention and legal hold of versions.
// Follows the S3 user guide, "Locking objects with Object Lock".
// Gap: event holds are not known.
import type {
  ObjectLockConfiguration,
  ObjectLockRetention,
  Operations as S3Contract,
} from "../../../../../contract/s3/types.ts";
import type { Operations } from "../../../core/service.ts";
import { s3Errors } from "../errors.ts";
import { bucketAction, objectAction, onObject } from "../shared/access.ts";
import { changeSettings, findBucket } from "../shared/buckets.ts";
import type { Bucket, ObjectLock, S3Context } from "../shared/model.ts";
import { changeVersion } from "../shared/objects.ts";
import { permittedVersion, readableVersion } from "../shared/reading.ts";

export const objectLockOperations = (context: S3Context) =>
  ({
    ...configurationOperations(context),
    ...retentionOperations(context),
    ...legalHoldOperations(context),
  }) satisfies Operations<S3Contract>;

const configurationOperations = (context: S3Context) =>
  ({
    GetObjectLockConfiguration: {
      permissions: bucketAction(context, "GetBucketObjectLockConfiguration"),
      run: async (input) => {
        const bucket = await findBucket(context, input);
        if (bucket.settings.objectLock === undefined)
          throw s3Errors.noSuchSetting(
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket",
            { BucketName: bucket.name },
          );
        return { ObjectLockConfiguration: bucket.settings.objectLock };
      },
    },
    PutObjectLockConfiguration: {
      permissions: bucketAction(context, "PutBucketObjectLockConfiguration"),
      run: async (input) => {
        const configuration = checkConfiguration(input.ObjectLockConfiguration);
        await changeSettings(context, input, ({ settings }) => {
          if (settings.versioning !== "Enabled")
            throw s3Errors.invalidBucketState(
              "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
            );
          return { objectLock: configuration };
        });
        return {};
      },
    },
  }) satisfies Operations<S3Contract>;

/** @throws ApiError MissingRequestBodyError, MalformedXML, InvalidArgument (a period that is not positive) */
function checkConfiguration(configuration: ObjectLockConfiguration | undefined): ObjectLockConfiguration {
  if (configuration === undefined) throw s3Errors.missingRequestBody({});
  if (configuration.ObjectLockEnabled !== "Enabled") throw s3Errors.malformedXml({});
  if (configuration.Rule === undefined) return { ObjectLockEnabled: "Enabled" };
  const retention = configuration.Rule.DefaultRetention;
  const { Mode, Days, Years } = retention ?? {};
  if ((Mode !== "GOVERNANCE" && Mode !== "COMPLIANCE") || (Days === undefined) === (Years === undefined))
    throw s3Errors.malformedXml({});
  if ((Days ?? Years ?? 0) <= 0)
    throw s3Errors.invalidArgument("Default retention period must be a positive integer value.", {
      ArgumentName: Days === undefined ? "Years" : "Days",
      ArgumentValue: String(Days ?? Years),
    });
  return { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: retention } };
}

function checkLocking(bucket: Bucket): void {
  if (bucket.settings.objectLock === undefined)
    throw s3Errors.invalidRequest("Bucket is missing Object Lock Configuration");
}

const noLock = (key: string) =>
  s3Errors.noSuchSetting(
    "NoSuchObjectLockConfiguration",
    "The specified object does not have a ObjectLock configuration",
    { Key: key },
  );

const retentionOperations = (context: S3Context) =>
  ({
    GetObjectRetention: {
      permissions: objectAction(context, "GetObjectRetention"),
      run: async (input, call) => {
        const bucket = await findBucket(context, input);
        checkLocking(bucket);
        const need = { ...input, action: "GetObjectRetention" };
        const { mode, retainUntil } = (await permittedVersion(context, bucket, call, need)).document.lock;
        if (mode === undefined || retainUntil === undefined) throw noLock(input.Key);
        return { Retention: { Mode: mode, RetainUntilDate: retainUntil / 1000 } };
      },
    },
    PutObjectRetention: {
      permissions: async (input) => {
        const bucket = await findBucket(context, input);
        const needed = [onObject(bucket, "PutObjectRetention", input.Key)];
        if (input.BypassGovernanceRetention) needed.push(onObject(bucket, "BypassGovernanceRetention", input.Key));
        return needed;
      },
      run: async (input, call) => {
        const bucket = await findBucket(context, input);
        checkLocking(bucket);
        const now = context.clock.now();
        const wanted = retentionOf(input.Retention, now);
        const found = await readableVersion(context, bucket, input, call);
        await changeVersion(context, found, (document) => {
          checkLoosening(document.lock, wanted, { now, bypass: input.BypassGovernanceRetention === true });
          return { ...document, lock: { ...wanted, legalHold: document.lock.legalHold } };
        });
        return {};
      },
    },
  }) satisfies Operations<S3Contract>;

/** No mode at all takes the retention away. @throws ApiError MalformedXML, InvalidArgument */
function retentionOf(retention: ObjectLockRetention | undefined, now: number): ObjectLock {
  const { Mode, RetainUntilDate } = retention ?? {};
  if (Mode === undefined && RetainUntilDate === undefined) return {};
  if ((Mode !== "GOVERNANCE" && Mode !== "COMPLIANCE") || RetainUntilDate === undefined)
    throw s3Errors.malformedXml({});
  if (RetainUntilDate * 1000 <= now)
    throw s3Errors.invalidArgument("The retain until date must be in the future!", {
      ArgumentName: "RetainUntilDate",
      ArgumentValue: new Date(RetainUntilDate * 1000).toISOString(),
    });
  return { mode: Mode, retainUntil: RetainUntilDate * 1000 };
}

/** A retention in force may be made longer, never shorter or weaker, unless governance is bypassed. */
function checkLoosening(
  before: ObjectLock,
  wanted: ObjectLock,
  { now, bypass }: { readonly now: number; readonly bypass: boolean },
): void {
  if (before.mode === undefined || (before.retainUntil ?? 0) <= now) return;
  if (before.mode === "GOVERNANCE" && bypass) return;
  const shorter = (wanted.retainUntil ?? 0) < (before.retainUntil ?? 0);
  const weaker = wanted.mode !== before.mode && (before.mode === "COMPLIANCE" || wanted.mode === undefined);
  if (shorter || weaker) throw s3Errors.accessDenied("Access Denied because object protected by object lock.");
}

const legalHoldOperations = (context: S3Context) =>
  ({
    GetObjectLegalHold: {
      permissions: objectAction(context, "GetObjectLegalHold"),
      run: async (input, call) => {
        const bucket = await findBucket(context, input);
        checkLocking(bucket);
        const need = { ...input, action: "GetObjectLegalHold" };
        const { legalHold } = (await permittedVersion(context, bucket, call, need)).document.lock;
        if (legalHold === undefined) throw noLock(input.Key);
        return { LegalHold: { Status: legalHold } };
      },
    },
    PutObjectLegalHold: {
      permissions: objectAction(context, "PutObjectLegalHold"),
      run: async (input, call) => {
        const bucket = await findBucket(context, input);
        checkLocking(bucket);
        const legalHold = input.LegalHold?.Status;
        if (legalHold !== "ON" && legalHold !== "OFF") throw s3Errors.malformedXml({});
        const found = await permittedVersion(context, bucket, call, { ...input, action: "PutObjectLegalHold" });
        await changeVersion(context, found, (document) => ({ ...document, lock: { ...document.lock, legalHold } }));
        return {};
      },
    },
  }) satisfies Operations<S3Contract>;
