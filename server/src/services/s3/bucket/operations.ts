// Buckets: create, head, list, delete. Follows the S3 API reference and the user guide, "Bucket naming rules".
// Gap: buckets can be used from every region; S3 redirects to the bucket's own.
// Gap: a new bucket has the defaults of 2020: ACLs are on and public access is not blocked until that is asked for.
// Gap: directory buckets and account-regional name spaces do not exist.
import type {
  BucketLocationConstraint,
  CreateBucketOutput,
  CreateBucketRequest,
  DeleteBucketRequest,
  GetBucketLocationOutput,
  GetBucketLocationRequest,
  HeadBucketOutput,
  HeadBucketRequest,
  ListBucketsOutput,
  ListBucketsRequest,
  Operations as S3Contract,
} from "../../../../../contract/s3/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operation, Operations } from "../../../core/service.ts";
import { BadCursor } from "../../../store/rows/rows.ts";
import { s3Errors } from "../errors.ts";
import { aclAsked, bucketAction, conditionKeys, onBucket } from "../shared/access.ts";
import { askedAcl, asksForAcl, ownerOf } from "../shared/acl.ts";
import { bucketKey, findBucket, retryConflicts } from "../shared/buckets.ts";
import { wholeSeconds } from "../shared/conditions.ts";
import { isOwnerEnforced, opensToOthers } from "../shared/grants.ts";
import { BUCKET_SCOPE, type BucketDocument, type BucketSettings, kinds, type S3Context } from "../shared/model.ts";
import { bucketArn } from "../shared/names.ts";
import { checkOwnership } from "../shared/ownership.ts";
import { checkTags, MOST_BUCKET_TAGS } from "../shared/tags.ts";
import { removeBucket } from "./remove.ts";

export const bucketOperations = (context: S3Context) =>
  ({
    CreateBucket: createBucket(context),
    DeleteBucket: deleteBucket(context),
    GetBucketLocation: getBucketLocation(context),
    HeadBucket: headBucket(context),
    ListBuckets: listBuckets(context),
  }) satisfies Operations<S3Contract>;

/** The region whose buckets have no location constraint. */
const FIRST_REGION = "us-east-1";

/** @throws ApiError InvalidBucketName */
export function checkBucketName(name: string): void {
  const isName =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !/\.\.|\.-|-\./.test(name) &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name);
  if (!isName) throw s3Errors.invalidBucketName({ BucketName: name });
}

const createBucket = (context: S3Context): Operation<CreateBucketRequest, CreateBucketOutput> => ({
  permissions: (input, call) => {
    const conditions = conditionKeys({
      LocationConstraint: input.CreateBucketConfiguration?.LocationConstraint,
      ...aclAsked(input),
    });
    // What a bucket is made with needs the permission to set it (API reference, CreateBucket).
    const actions = ["CreateBucket"];
    if (asksForAcl(input)) actions.push("PutBucketAcl");
    if (input.ObjectOwnership !== undefined) actions.push("PutBucketOwnershipControls");
    const resource = bucketArn(input.Bucket);
    return actions.map((action) => ({
      action: `s3:${action}`,
      resource,
      conditions,
      resourceAccount: call.account,
    }));
  },
  run: async (input, call) => {
    checkBucketName(input.Bucket);
    const region = regionOf(input, call);
    const now = context.clock.now();
    const document: BucketDocument = { region, owner: call.account, settings: firstSettings(input, call) };
    return retryConflicts(async () => {
      const existing = await context.rows.get<BucketDocument>(bucketKey(input.Bucket));
      if (existing !== undefined) {
        if (existing.document.owner !== call.account) throw s3Errors.bucketAlreadyExists({ BucketName: input.Bucket });
        // In the first region creating one's own bucket again succeeds and changes nothing.
        if (existing.document.region === FIRST_REGION && region === FIRST_REGION)
          return { Location: `/${input.Bucket}` };
        throw s3Errors.bucketAlreadyOwnedByYou({ BucketName: input.Bucket });
      }
      const key = bucketKey(input.Bucket);
      await context.rows.commit({
        expect: [{ key, version: "absent" }],
        put: [{ ...key, status: "", parent: call.account, createdAt: now, modifiedAt: now, document }],
        events: [{ ...key, type: "created" }],
      });
      const place = region === FIRST_REGION ? `/${input.Bucket}` : `${call.origin}/${input.Bucket}/`;
      return { Location: place, BucketArn: bucketArn(input.Bucket) };
    });
  },
});

/** @throws ApiError IllegalLocationConstraintException, InvalidLocationConstraint */
function regionOf(input: CreateBucketRequest, call: Call): string {
  const asked: string | undefined = input.CreateBucketConfiguration?.LocationConstraint;
  if (asked === undefined) {
    if (call.region === FIRST_REGION) return FIRST_REGION;
    throw s3Errors.illegalLocationConstraint(
      "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.",
    );
  }
  if (asked === "EU") return "eu-west-1";
  if (call.region !== FIRST_REGION && call.region !== asked)
    throw s3Errors.illegalLocationConstraint(
      `The ${asked} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  if (asked === FIRST_REGION || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(asked))
    throw s3Errors.invalidLocationConstraint({ LocationConstraint: asked });
  return asked;
}

/** @throws ApiError InvalidBucketAclWithObjectOwnership, and as AWS refuses lists and tags */
function firstSettings(input: CreateBucketRequest, call: Call): BucketSettings {
  const settings = settingsAsked(input, call);
  if (isOwnerEnforced({ settings }) && opensToOthers({ settings, owner: call.account }))
    throw s3Errors.invalidBucketAcl({});
  return settings;
}

function settingsAsked(input: CreateBucketRequest, call: Call): BucketSettings {
  const acl = askedAcl(input, { owner: call.account, bucketOwner: call.account, isBucket: true });
  const tags = input.CreateBucketConfiguration?.Tags;
  return {
    ...(acl === undefined ? {} : { acl }),
    ...(tags === undefined ? {} : { tags: checkTags(tags, MOST_BUCKET_TAGS) }),
    ...(input.ObjectOwnership === undefined
      ? {}
      : { ownership: checkOwnership({ Rules: [{ ObjectOwnership: input.ObjectOwnership }] }) }),
    ...(input.ObjectLockEnabledForBucket === true
      ? { versioning: "Enabled", objectLock: { ObjectLockEnabled: "Enabled" } }
      : {}),
  };
}

const headBucket = (context: S3Context): Operation<HeadBucketRequest, HeadBucketOutput> => ({
  permissions: bucketAction(context, "ListBucket"),
  run: async (input) => {
    const bucket = await findBucket(context, input);
    return { BucketRegion: bucket.region, BucketArn: bucketArn(bucket.name), AccessPointAlias: false };
  },
});

const getBucketLocation = (context: S3Context): Operation<GetBucketLocationRequest, GetBucketLocationOutput> => ({
  permissions: bucketAction(context, "GetBucketLocation"),
  run: async (input) => {
    const { region } = await findBucket(context, input);
    return region === FIRST_REGION ? {} : { LocationConstraint: region as BucketLocationConstraint };
  },
});

const deleteBucket = (context: S3Context): Operation<DeleteBucketRequest, Record<string, never>> => ({
  permissions: async (input) => [onBucket(await findBucket(context, input), "DeleteBucket")],
  run: async (input) => {
    await removeBucket(context, input);
    return {};
  },
});

/** Buckets in one answer (API reference). */
const MOST_BUCKETS = 10_000;

const listBuckets = (context: S3Context): Operation<ListBucketsRequest, ListBucketsOutput> => ({
  permissions: () => [{ action: "s3:ListAllMyBuckets", resource: "*" }],
  run: async (input, call) => {
    const limit = input.MaxBuckets ?? MOST_BUCKETS;
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST_BUCKETS)
      throw s3Errors.invalidArgument(`Argument max-buckets must be an integer between 1 and ${MOST_BUCKETS}`, {
        ArgumentName: "max-buckets",
        ArgumentValue: String(input.MaxBuckets),
      });
    const page = await bucketPage(context, input, call.account, limit);
    const isPaged = (input.MaxBuckets ?? input.ContinuationToken) !== undefined;
    return {
      Owner: ownerOf(call.account),
      Prefix: input.Prefix,
      ContinuationToken: page.next,
      Buckets: page.rows
        .filter(({ document }) => input.BucketRegion === undefined || document.region === input.BucketRegion)
        .map(({ name, createdAt, document }) => ({
          Name: name,
          CreationDate: wholeSeconds(createdAt),
          BucketArn: bucketArn(name),
          ...(isPaged || input.BucketRegion !== undefined ? { BucketRegion: document.region } : {}),
        })),
    };
  },
});

async function bucketPage(context: S3Context, input: ListBucketsRequest, account: string, limit: number) {
  try {
    return await context.rows.list<BucketDocument>({
      kind: kinds.bucket,
      scope: BUCKET_SCOPE,
      parent: account,
      namePrefix: input.Prefix,
      status: "",
      after: input.ContinuationToken,
      limit,
    });
  } catch (error) {
    if (!(error instanceof BadCursor)) throw error;
    throw s3Errors.invalidArgument("The continuation token provided is incorrect", {
      ArgumentName: "continuation-token",
    });
  }
}
