// What S3 refuses in bucket configurations, beyond the shape of the document.
import type {
  BucketLifecycleConfiguration,
  CORSConfiguration,
  LifecycleRule,
  Payer,
  ServerSideEncryptionConfiguration,
} from "../../../../../contract/s3/types.ts";
import { s3Errors } from "../errors.ts";

const corsMethods: readonly string[] = ["GET", "PUT", "HEAD", "POST", "DELETE"];
/** S3 user guide, "Elements of a CORS configuration". */
const MOST_CORS_RULES = 100;

/** @throws ApiError MalformedXML, InvalidRequest */
export function checkCors(configuration: CORSConfiguration | undefined): CORSConfiguration {
  const rules = configuration?.CORSRules ?? [];
  if (rules.length === 0 || rules.length > MOST_CORS_RULES) throw s3Errors.malformedXml({});
  for (const rule of rules) {
    if (!rule.AllowedMethods?.length || !rule.AllowedOrigins?.length) throw s3Errors.malformedXml({});
    for (const method of rule.AllowedMethods)
      if (!corsMethods.includes(method))
        throw s3Errors.invalidRequest(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`);
    for (const pattern of [...rule.AllowedOrigins, ...(rule.AllowedHeaders ?? [])])
      if (pattern.split("*").length > 2)
        throw s3Errors.invalidRequest(`AllowedOrigin "${pattern}" can not have more than one wildcard.`);
  }
  return { CORSRules: rules };
}

/** @throws ApiError MalformedXML */
export function checkEncryption(
  configuration: ServerSideEncryptionConfiguration | undefined,
): ServerSideEncryptionConfiguration {
  const [rule, ...others] = configuration?.Rules ?? [];
  const byDefault = rule?.ApplyServerSideEncryptionByDefault;
  if (rule === undefined || others.length > 0 || byDefault?.SSEAlgorithm === undefined) throw s3Errors.malformedXml({});
  if (!["AES256", "aws:kms", "aws:kms:dsse"].includes(byDefault.SSEAlgorithm)) throw s3Errors.malformedXml({});
  if (byDefault.SSEAlgorithm === "AES256" && byDefault.KMSMasterKeyID !== undefined)
    throw s3Errors.invalidArgument(
      "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
      { ArgumentName: "ApplyServerSideEncryptionByDefault" },
    );
  return { Rules: [{ ...rule, BucketKeyEnabled: rule.BucketKeyEnabled ?? false }] };
}

/** S3 user guide, "Lifecycle configuration elements". */
const MOST_LIFECYCLE_RULES = 1000;
const LONGEST_RULE_ID = 255;

/** @throws ApiError MalformedXML, InvalidArgument */
export function checkLifecycle(configuration: BucketLifecycleConfiguration | undefined): BucketLifecycleConfiguration {
  const rules = configuration?.Rules ?? [];
  if (rules.length === 0 || rules.length > MOST_LIFECYCLE_RULES) throw s3Errors.malformedXml({});
  const ids = new Set<string>();
  const named = rules.map((rule, index) => {
    const ID = rule.ID ?? `rule-${index + 1}`;
    if (ID.length > LONGEST_RULE_ID)
      throw s3Errors.invalidArgument(`ID length should not exceed allowed limit of ${LONGEST_RULE_ID}`);
    if (ids.has(ID)) throw s3Errors.invalidArgument("Rule ID must be unique. Found same ID for more than one rule");
    ids.add(ID);
    if (rule.Status !== "Enabled" && rule.Status !== "Disabled") throw s3Errors.malformedXml({});
    checkActions(rule);
    return { ...rule, ID };
  });
  return { Rules: named };
}

/** What a rule does to objects; all of the rest of it says when, and to which. */
const LIFECYCLE_ACTIONS = [
  "Expiration",
  "Transitions",
  "NoncurrentVersionExpiration",
  "NoncurrentVersionTransitions",
  "AbortIncompleteMultipartUpload",
] as const satisfies readonly (keyof LifecycleRule)[];

/** @throws ApiError InvalidRequest, InvalidArgument */
function checkActions(rule: LifecycleRule): void {
  if (LIFECYCLE_ACTIONS.every((action) => rule[action] === undefined))
    throw s3Errors.invalidRequest("At least one action needs to be specified in a rule");
  const { Days } = rule.Expiration ?? {};
  if (Days !== undefined && Days <= 0)
    throw s3Errors.invalidArgument("'Days' for Expiration action must be a positive integer");
}

/** @throws ApiError MalformedXML */
export function checkPayer(payer: Payer | undefined): Payer {
  if (payer !== "BucketOwner" && payer !== "Requester") throw s3Errors.malformedXml({});
  return payer;
}
