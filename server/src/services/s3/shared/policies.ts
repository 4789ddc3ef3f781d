// Bucket policies as documents: what S3 refuses, and what of one is in force.
import { ApiError } from "../../../core/errors.ts";
import { s3Errors } from "../errors.ts";
import type { Bucket, S3Context } from "./model.ts";
import { bucketArn } from "./names.ts";
import { reachOfAction, reachOfResource } from "./policy-reach.ts";
import { isPublicStatement, list, type Statement } from "./public-access.ts";

/** S3 user guide, "Bucket policies": 20 KB. */
const LARGEST_POLICY_BYTES = 20 * 1024;

function parse(policy: string): readonly Statement[] {
  let document: unknown;
  try {
    document = JSON.parse(policy);
  } catch {
    document = undefined;
  }
  if (typeof document !== "object" || document === null || Array.isArray(document))
    throw s3Errors.malformedPolicy("Policies must be valid JSON and the first byte must be '{'");
  const { Version, Statement } = document as { Version?: unknown; Statement?: unknown };
  if (Version !== undefined && Version !== "2012-10-17" && Version !== "2008-10-17")
    throw s3Errors.malformedPolicy("The policy must contain a valid version string");
  if (Statement === undefined) throw s3Errors.malformedPolicy("Missing required field Statement");
  return list(Statement) as readonly Statement[];
}

/** @throws ApiError MalformedPolicy */
export function checkPolicy({ policies }: Pick<S3Context, "policies">, policy: string, bucket: string): void {
  if (Buffer.byteLength(policy) > LARGEST_POLICY_BYTES)
    throw s3Errors.malformedPolicy(`Policy exceeds the maximum allowed document size of ${LARGEST_POLICY_BYTES} bytes`);
  for (const statement of parse(policy)) checkStatement(statement, bucket);
  // One that cannot be evaluated would close the bucket to everybody, also to who could take it back.
  try {
    policies.resourcePolicy(policy);
  } catch (cause) {
    throw cause instanceof ApiError ? s3Errors.malformedPolicy(cause.message) : cause;
  }
}

function checkStatement(statement: Statement, bucket: string): void {
  if (typeof statement !== "object" || statement === null)
    throw s3Errors.malformedPolicy("Policy has invalid statement");
  if (statement.Effect !== "Allow" && statement.Effect !== "Deny")
    throw s3Errors.malformedPolicy(`Invalid effect: ${String(statement.Effect)}`);
  if ((statement.Principal ?? statement.NotPrincipal) === undefined)
    throw s3Errors.malformedPolicy("Missing required field Principal");
  const actions = list(statement.Action ?? statement.NotAction);
  if (actions.length === 0) throw s3Errors.malformedPolicy("Missing required field Action");
  if (!actions.every((action) => typeof action === "string" && /^(\*|s3:.+)$/i.test(action)))
    throw s3Errors.malformedPolicy("Policy has invalid action");
  const resources = list(statement.Resource ?? statement.NotResource);
  if (resources.length === 0) throw s3Errors.malformedPolicy("Missing required field Resource");
  const reached = resources.map((resource) => reachOfResource(String(resource), bucketArn(bucket)));
  if (!reached.every((reach) => reach.bucket || reach.objects))
    throw s3Errors.malformedPolicy("Policy has invalid resource");
  // What is left out by NotAction and NotResource may be anything.
  if (statement.Action === undefined || statement.Resource === undefined) return;
  const applies = (action: unknown) => {
    const wanted = reachOfAction(String(action));
    return reached.some((reach) => (wanted.bucket && reach.bucket) || (wanted.objects && reach.objects));
  };
  if (!actions.every(applies)) throw s3Errors.malformedPolicy("Action does not apply to any resource(s) in statement");
}

/** Whether some statement opens the bucket to everyone. */
export const isPublicPolicy = (policy: string): boolean => parse(policy).some(isPublicStatement);

/** A function of a policy that remembers its last answers: buckets bring the same text with each call. */
function remembered(work: (policy: string) => string): (policy: string) => string {
  const known = new Map<string, string>();
  return (policy) => {
    const before = known.get(policy);
    if (before !== undefined) return before;
    const made = work(policy);
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(policy, made);
    return made;
  };
}

const MOST_REMEMBERED = 1000;

/** The statements that deny: all that a bucket's policy says of objects that another account owns. */
export const deniesOf = remembered((policy) => {
  const denies = parse(policy).filter(({ Effect }) => Effect === "Deny");
  return JSON.stringify({ ...JSON.parse(policy), Statement: denies });
});

/**
 * The policy as it is evaluated. Under RestrictPublicBuckets a public one lets in nobody but the account of the bucket and
 * services (guide, "Blocking public access").
 */
export const policyInForce = ({ settings, owner }: Pick<Bucket, "settings" | "owner">, policy: string): string =>
  settings.publicAccess?.RestrictPublicBuckets === true ? restricted(JSON.stringify([policy, owner])) : policy;

const restricted = remembered((given) => {
  const [policy, owner] = JSON.parse(given) as [string, string];
  if (!isPublicPolicy(policy)) return policy;
  const others = {
    Effect: "Deny",
    Principal: "*",
    Action: "*",
    Resource: "*",
    Condition: {
      StringNotEquals: { "aws:PrincipalAccount": owner },
      BoolIfExists: { "aws:PrincipalIsAWSService": "false" },
    },
  };
  return JSON.stringify({ ...JSON.parse(policy), Statement: [...parse(policy), others] });
});
