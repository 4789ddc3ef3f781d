// Bucket policies as documents: what S3 refuses, and what it calls public (user guide, "The meaning of public").
import { s3Errors } from "../errors.ts";

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Condition?: unknown;
}

/** S3 user guide, "Bucket policies": 20 KB. */
const LARGEST_POLICY_BYTES = 20 * 1024;

const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

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
export function checkPolicy(policy: string, bucket: string): void {
  if (Buffer.byteLength(policy) > LARGEST_POLICY_BYTES)
    throw s3Errors.malformedPolicy(`Policy exceeds the maximum allowed document size of ${LARGEST_POLICY_BYTES} bytes`);
  for (const statement of parse(policy)) checkStatement(statement, bucket);
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
  const own = `arn:aws:s3:::${bucket}`;
  const isOwn = (resource: unknown) =>
    typeof resource === "string" && (resource === own || resource.startsWith(`${own}/`) || /[*?$]/.test(resource));
  if (!resources.every(isOwn)) throw s3Errors.malformedPolicy("Policy has invalid resource");
}

/** Whether some statement allows everyone something without a condition. */
export function isPublicPolicy(policy: string): boolean {
  return parse(policy).some(
    (statement) =>
      statement.Effect === "Allow" &&
      statement.Condition === undefined &&
      list(
        typeof statement.Principal === "object" && statement.Principal !== null && "AWS" in statement.Principal
          ? statement.Principal.AWS
          : statement.Principal,
      ).includes("*"),
  );
}
