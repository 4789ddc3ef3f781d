// Settings of a bucket that are kept and given back. Follows the S3 API reference.
// Gap: lifecycle, website, logging, acceleration and requester-pays configurations are recorded only; nothing is replicated.
import type {
  GetBucketVersioningOutput,
  PutBucketVersioningRequest,
  Operations as S3Contract,
} from "../../../../../contract/s3/types.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Operation, Operations } from "../../../core/service.ts";
import { s3Errors } from "../errors.ts";
import { bucketAction } from "../shared/access.ts";
import { changeSettings, findBucket, type OfBucket } from "../shared/buckets.ts";
import { isOwnerEnforced, opensToOthers } from "../shared/grants.ts";
import type { Bucket, BucketSettings, S3Context } from "../shared/model.ts";
import { checkOwnership } from "../shared/ownership.ts";
import { checkTags, MOST_BUCKET_TAGS } from "../shared/tags.ts";
import { checkCors, checkEncryption, checkLifecycle, checkPayer } from "./checks.ts";

type Reading<Output> = Pick<Operation<OfBucket, Output>, "permissions" | "run">;

/** Reading: `show` makes the answer, or throws what S3 says when the setting was never made. */
const reads = <Output>(
  context: S3Context,
  action: string,
  show: (settings: BucketSettings, bucket: Bucket) => Output,
): Reading<Output> => ({
  permissions: bucketAction(context, action),
  run: async (input) => {
    const bucket = await findBucket(context, input);
    return show(bucket.settings, bucket);
  },
});

type SettingsChange = { readonly [Setting in keyof BucketSettings]?: BucketSettings[Setting] | undefined };

const writes = <Input extends OfBucket>(
  context: S3Context,
  action: string,
  change: (input: Input, bucket: Bucket) => SettingsChange,
): Pick<Operation<Input, Record<string, never>>, "permissions" | "run"> => ({
  permissions: bucketAction(context, action),
  run: async (input) => {
    await changeSettings(context, input, (bucket) => change(input, bucket));
    return {};
  },
});

const missing = (bucket: Bucket, code: string, message: string): ApiError =>
  s3Errors.noSuchSetting(code, message, { BucketName: bucket.name });

export const bucketSettingOperations = (context: S3Context) =>
  ({
    ...describingOperations(context),
    ...guardingOperations(context),
    ...recordedOperations(context),
  }) satisfies Operations<S3Contract>;

const describingOperations = (context: S3Context) =>
  ({
    GetBucketVersioning: reads(
      context,
      "GetBucketVersioning",
      ({ versioning }): GetBucketVersioningOutput => (versioning === undefined ? {} : { Status: versioning }),
    ),
    PutBucketVersioning: writes(context, "PutBucketVersioning", versioningChange),
    GetBucketTagging: reads(context, "GetBucketTagging", ({ tags }, bucket) => {
      if (tags === undefined || tags.length === 0) throw missing(bucket, "NoSuchTagSet", "The TagSet does not exist");
      return { TagSet: tags };
    }),
    PutBucketTagging: {
      ...writes(context, "PutBucketTagging", (input: S3Contract["PutBucketTagging"]["input"]) => ({
        tags: checkTags(input.Tagging?.TagSet ?? [], MOST_BUCKET_TAGS),
      })),
      // Not in the model, but what S3 answers.
      status: () => 204,
    },
    DeleteBucketTagging: writes(context, "PutBucketTagging", () => ({ tags: undefined })),
  }) satisfies Operations<S3Contract>;

function versioningChange(input: PutBucketVersioningRequest, bucket: Bucket): SettingsChange {
  const status = input.VersioningConfiguration?.Status;
  if (status !== "Enabled" && status !== "Suspended")
    throw new ApiError("IllegalVersioningConfigurationException", 400, "The Versioning element must be specified");
  if (status === "Suspended" && bucket.settings.objectLock !== undefined)
    throw s3Errors.invalidBucketState(
      "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
    );
  return { versioning: status };
}

const guardingOperations = (context: S3Context) =>
  ({
    GetPublicAccessBlock: reads(context, "GetBucketPublicAccessBlock", ({ publicAccess }, bucket) => {
      if (publicAccess === undefined)
        throw missing(
          bucket,
          "NoSuchPublicAccessBlockConfiguration",
          "The public access block configuration was not found",
        );
      return { PublicAccessBlockConfiguration: publicAccess };
    }),
    PutPublicAccessBlock: writes(
      context,
      "PutBucketPublicAccessBlock",
      (input: S3Contract["PutPublicAccessBlock"]["input"]) => {
        const { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets } =
          input.PublicAccessBlockConfiguration ?? {};
        return {
          publicAccess: {
            BlockPublicAcls: BlockPublicAcls ?? false,
            IgnorePublicAcls: IgnorePublicAcls ?? false,
            BlockPublicPolicy: BlockPublicPolicy ?? false,
            RestrictPublicBuckets: RestrictPublicBuckets ?? false,
          },
        };
      },
    ),
    DeletePublicAccessBlock: writes(context, "PutBucketPublicAccessBlock", () => ({ publicAccess: undefined })),
    GetBucketOwnershipControls: reads(context, "GetBucketOwnershipControls", ({ ownership }, bucket) => {
      if (ownership === undefined)
        throw missing(bucket, "OwnershipControlsNotFoundError", "The bucket ownership controls were not found");
      return { OwnershipControls: ownership };
    }),
    PutBucketOwnershipControls: writes(
      context,
      "PutBucketOwnershipControls",
      (input: S3Contract["PutBucketOwnershipControls"]["input"], bucket) => {
        const ownership = checkOwnership(input.OwnershipControls);
        if (isOwnerEnforced({ settings: { ownership } }) && opensToOthers(bucket)) throw s3Errors.invalidBucketAcl({});
        return { ownership };
      },
    ),
    DeleteBucketOwnershipControls: writes(context, "PutBucketOwnershipControls", () => ({ ownership: undefined })),
    GetBucketCors: reads(context, "GetBucketCORS", ({ cors }, bucket) => {
      if (cors === undefined) throw missing(bucket, "NoSuchCORSConfiguration", "The CORS configuration does not exist");
      return cors;
    }),
    PutBucketCors: writes(context, "PutBucketCORS", (input: S3Contract["PutBucketCors"]["input"]) => ({
      cors: checkCors(input.CORSConfiguration),
    })),
    DeleteBucketCors: writes(context, "PutBucketCORS", () => ({ cors: undefined })),
    GetBucketEncryption: reads(context, "GetEncryptionConfiguration", ({ encryption }, bucket) => {
      if (encryption === undefined)
        throw missing(
          bucket,
          "ServerSideEncryptionConfigurationNotFoundError",
          "The server side encryption configuration was not found",
        );
      return { ServerSideEncryptionConfiguration: encryption };
    }),
    PutBucketEncryption: writes(
      context,
      "PutEncryptionConfiguration",
      (input: S3Contract["PutBucketEncryption"]["input"]) => ({
        encryption: checkEncryption(input.ServerSideEncryptionConfiguration),
      }),
    ),
    DeleteBucketEncryption: writes(context, "PutEncryptionConfiguration", () => ({ encryption: undefined })),
  }) satisfies Operations<S3Contract>;

const recordedOperations = (context: S3Context) =>
  ({
    GetBucketLifecycleConfiguration: reads(context, "GetLifecycleConfiguration", ({ lifecycle }, bucket) => {
      if (lifecycle === undefined)
        throw missing(bucket, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist");
      return lifecycle;
    }),
    PutBucketLifecycleConfiguration: writes(
      context,
      "PutLifecycleConfiguration",
      (input: S3Contract["PutBucketLifecycleConfiguration"]["input"]) => ({
        lifecycle: checkLifecycle(input.LifecycleConfiguration),
      }),
    ),
    DeleteBucketLifecycle: writes(context, "PutLifecycleConfiguration", () => ({ lifecycle: undefined })),
    GetBucketWebsite: reads(context, "GetBucketWebsite", ({ website }, bucket) => {
      if (website === undefined)
        throw missing(
          bucket,
          "NoSuchWebsiteConfiguration",
          "The specified bucket does not have a website configuration",
        );
      return website;
    }),
    PutBucketWebsite: writes(context, "PutBucketWebsite", (input: S3Contract["PutBucketWebsite"]["input"]) => ({
      website: input.WebsiteConfiguration,
    })),
    DeleteBucketWebsite: writes(context, "DeleteBucketWebsite", () => ({ website: undefined })),
    GetBucketLogging: reads(context, "GetBucketLogging", ({ logging }) =>
      logging === undefined ? {} : { LoggingEnabled: logging },
    ),
    PutBucketLogging: writes(context, "PutBucketLogging", (input: S3Contract["PutBucketLogging"]["input"]) => ({
      logging: input.BucketLoggingStatus?.LoggingEnabled,
    })),
    // Terraform asks for it before anything else is done to a bucket.
    GetBucketReplication: reads(context, "GetReplicationConfiguration", (_, bucket) => {
      throw missing(bucket, "ReplicationConfigurationNotFoundError", "The replication configuration was not found");
    }),
    GetBucketRequestPayment: reads(context, "GetBucketRequestPayment", ({ requestPayer }) => ({
      Payer: requestPayer ?? ("BucketOwner" as const),
    })),
    PutBucketRequestPayment: writes(
      context,
      "PutBucketRequestPayment",
      (input: S3Contract["PutBucketRequestPayment"]["input"]) => ({
        requestPayer: checkPayer(input.RequestPaymentConfiguration?.Payer),
      }),
    ),
    GetBucketAccelerateConfiguration: reads(context, "GetAccelerateConfiguration", ({ acceleration }) =>
      acceleration === undefined ? {} : { Status: acceleration },
    ),
    PutBucketAccelerateConfiguration: writes(
      context,
      "PutAccelerateConfiguration",
      (input: S3Contract["PutBucketAccelerateConfiguration"]["input"]) => ({
        acceleration: input.AccelerateConfiguration?.Status,
      }),
    ),
  }) satisfies Operations<S3Contract>;
