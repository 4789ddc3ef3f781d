// Who may do what with a bucket: its policy, which IAM evaluates with every call, and access control lists.
// Gap: Public Access Block is a setting of buckets; that of a whole account (s3control) is not served.
// Gap: calls that nobody signed, to what is open to everyone, are in the server's own log of calls and in no account's trail.
// Gap: grants to the group that delivers logs are kept; nothing delivers access logs.
// Gap: s3:authType, s3:signatureversion, s3:signatureAge, s3:TlsVersion and s3:x-amz-content-sha256 are unknown to policies.
import type { GetBucketPolicyStatusOutput, Operations as S3Contract } from "../../../../../contract/s3/types.ts";
import type { Operations } from "../../../core/service.ts";
import { s3Errors } from "../errors.ts";
import { aclAsked, bucketAction, objectAction } from "../shared/access.ts";
import { neededAcl, privateAcl } from "../shared/acl.ts";
import { changeSettings, findBucket } from "../shared/buckets.ts";
import { checkAclTaken, ownerNow, shownAcl } from "../shared/grants.ts";
import type { Bucket, ObjectDocument, S3Context } from "../shared/model.ts";
import { changeVersion } from "../shared/objects.ts";
import { checkPolicy, isPublicPolicy } from "../shared/policies.ts";
import { permittedVersion } from "../shared/reading.ts";
import { telling } from "../shared/telling.ts";

const READ_LIST = { action: "GetObjectAcl", versionAction: "GetObjectVersionAcl" };
const WRITE_LIST = { action: "PutObjectAcl", versionAction: "PutObjectVersionAcl" };

export const accessControlOperations = (context: S3Context) =>
  ({ ...policyOperations(context), ...aclOperations(context) }) satisfies Operations<S3Contract>;

function policyOf(bucket: Bucket): string {
  if (bucket.settings.policy === undefined)
    throw s3Errors.noSuchSetting("NoSuchBucketPolicy", "The bucket policy does not exist", {
      BucketName: bucket.name,
    });
  return bucket.settings.policy;
}

const policyOperations = (context: S3Context) =>
  ({
    GetBucketPolicy: {
      permissions: bucketAction(context, "GetBucketPolicy"),
      run: async (input) => ({ Policy: policyOf(await findBucket(context, input)) }),
    },
    PutBucketPolicy: {
      permissions: bucketAction(context, "PutBucketPolicy"),
      // Not in the model, but what S3 answers.
      status: () => 204,
      run: async (input) => {
        checkPolicy(context, input.Policy, input.Bucket);
        await changeSettings(context, input, ({ settings }) => {
          if (settings.publicAccess?.BlockPublicPolicy && isPublicPolicy(input.Policy))
            throw s3Errors.accessDenied(
              "User is not authorized to perform: s3:PutBucketPolicy because public policies are blocked by the BlockPublicPolicy block public access setting.",
            );
          return { policy: input.Policy };
        });
        return {};
      },
    },
    DeleteBucketPolicy: {
      permissions: bucketAction(context, "DeleteBucketPolicy"),
      run: async (input) => {
        await changeSettings(context, input, () => ({ policy: undefined }));
        return {};
      },
    },
    GetBucketPolicyStatus: {
      permissions: bucketAction(context, "GetBucketPolicyStatus"),
      run: async (input): Promise<GetBucketPolicyStatusOutput> => ({
        PolicyStatus: { IsPublic: isPublicPolicy(policyOf(await findBucket(context, input))) },
      }),
    },
  }) satisfies Operations<S3Contract>;

/** A list that changes nothing is nothing to tell of. */
const isSame = (after: ObjectDocument, before: ObjectDocument): boolean =>
  JSON.stringify(after.acl) === JSON.stringify(before.acl ?? privateAcl(before.owner));

const aclOperations = (context: S3Context) =>
  ({
    GetBucketAcl: {
      permissions: bucketAction(context, "GetBucketAcl"),
      run: async (input) => {
        const bucket = await findBucket(context, input);
        return shownAcl(bucket, bucket.settings.acl, bucket.owner);
      },
    },
    PutBucketAcl: {
      permissions: bucketAction<S3Contract["PutBucketAcl"]["input"]>(context, "PutBucketAcl", aclAsked),
      run: async (input) => {
        await changeSettings(context, input, (bucket) => {
          const acl = neededAcl(input, { owner: bucket.owner, bucketOwner: bucket.owner, isBucket: true });
          checkAclTaken(bucket, acl, input);
          return { acl };
        });
        return {};
      },
    },
    GetObjectAcl: {
      permissions: objectAction(context, READ_LIST.action, READ_LIST.versionAction),
      run: async (input, call) => {
        const bucket = await findBucket(context, input);
        const { document } = await permittedVersion(context, bucket, call, { ...input, ...READ_LIST });
        return shownAcl(bucket, document.acl, document.owner);
      },
    },
    PutObjectAcl: {
      permissions: objectAction<S3Contract["PutObjectAcl"]["input"]>(
        context,
        WRITE_LIST.action,
        WRITE_LIST.versionAction,
        aclAsked,
      ),
      run: async (input, call) => {
        const bucket = await findBucket(context, input);
        const need = { ...input, ...WRITE_LIST, asked: aclAsked(input) };
        const found = await permittedVersion(context, bucket, call, need);
        const owner = ownerNow(bucket, found.document);
        const acl = neededAcl(input, { owner, bucketOwner: bucket.owner, isBucket: false });
        checkAclTaken(bucket, acl, input);
        const tells = telling(context, call, input.Key, "ObjectAcl:Put");
        await changeVersion(
          context,
          found,
          (document) => ({ ...document, acl }),
          (after, before) => (isSame(after, before) ? [] : tells(bucket, after)),
        );
        return {};
      },
    },
  }) satisfies Operations<S3Contract>;
