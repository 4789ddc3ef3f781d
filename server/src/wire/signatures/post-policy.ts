// The policy of a browser's upload form: what the signer allows the form's fields to be.
// Amazon S3 API Reference, "POST policy".
import { ApiError } from "../../core/errors.ts";

type Condition =
  | { readonly kind: "eq" | "starts-with"; readonly field: string; readonly value: string }
  | { readonly kind: "content-length-range"; readonly least: number; readonly most: number };

export interface PostPolicy {
  readonly expiresAt: number;
  readonly conditions: readonly Condition[];
}

/** Fields that no condition has to name. */
const free = /^(x-amz-signature|signature|awsaccesskeyid|policy|file|bucket|x-ignore-.*)$/;

/** @throws ApiError InvalidPolicyDocument */
export function readPolicy(base64: string): PostPolicy {
  const document = parse(base64);
  const expiresAt = Date.parse(String(document["expiration"]));
  const conditions = document["conditions"];
  if (Number.isNaN(expiresAt)) throw invalid("Policy missing expiration.");
  if (!Array.isArray(conditions)) throw invalid("Policy missing conditions.");
  return { expiresAt, conditions: conditions.flatMap(readCondition) };
}

/**
 * Checks expiry and fields; names are in lower case. Gives the range that the file's length must be in.
 * @throws ApiError AccessDenied naming the condition
 */
export function checkPolicy(
  policy: PostPolicy,
  fields: Readonly<Record<string, string>>,
  now: number,
): { readonly least: number; readonly most: number } {
  if (now > policy.expiresAt) throw denied("Policy expired.");
  let range = { least: 0, most: Number.POSITIVE_INFINITY };
  const named = new Set<string>();
  for (const condition of policy.conditions) {
    if (condition.kind === "content-length-range") {
      range = condition;
      continue;
    }
    named.add(condition.field);
    const given = fields[condition.field] ?? "";
    const holds = condition.kind === "eq" ? given === condition.value : given.startsWith(condition.value);
    if (!holds)
      throw denied(
        `Policy Condition failed: ${JSON.stringify([condition.kind, `$${condition.field}`, condition.value])}`,
      );
  }
  const extra = Object.keys(fields).filter((name) => !named.has(name) && !free.test(name));
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(", ")}`);
  return range;
}

function parse(base64: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(Buffer.from(base64, "base64").toString("utf8"));
    if (typeof document === "object" && document !== null) return document as Record<string, unknown>;
  } catch {
    throw invalid("Invalid Policy: Invalid JSON.");
  }
  throw invalid("Invalid Policy: Invalid JSON.");
}

function readCondition(condition: unknown): Condition[] {
  if (Array.isArray(condition)) {
    const [operator, first, second] = condition as readonly unknown[];
    const kind = String(operator).toLowerCase();
    if (kind === "content-length-range") {
      const [least, most] = [Number(first), Number(second)];
      if (!Number.isFinite(least) || !Number.isFinite(most)) throw invalid("Invalid Policy: Invalid range.");
      return [{ kind, least, most }];
    }
    const known = kind === "eq" || kind === "starts-with";
    if (!known || typeof first !== "string" || !first.startsWith("$") || typeof second !== "string")
      throw invalid(`Invalid Policy: Invalid Condition: ${JSON.stringify(condition)}`);
    return [{ kind, field: first.slice(1).toLowerCase(), value: second }];
  }
  if (typeof condition !== "object" || condition === null) throw invalid("Invalid Policy: Invalid Condition.");
  return Object.entries(condition).map(([field, value]) => ({
    kind: "eq" as const,
    field: field.toLowerCase(),
    value: String(value),
  }));
}

const invalid = (text: string): ApiError => new ApiError("InvalidPolicyDocument", 400, text);
const denied = (text: string): ApiError => new ApiError("AccessDenied", 403, `Invalid according to Policy: ${text}`);
