// What S3 calls public: a statement that opens a bucket without naming fixed callers or places. S3 user guide, "Blocking
// public access to your Amazon S3 storage", section "The meaning of public".
import { isIPv6 } from "node:net";
import { NOBODY } from "../../../core/call.ts";

export interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Condition?: unknown;
}

export const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

export const isPublicStatement = (statement: Statement): boolean =>
  statement.Effect === "Allow" && !namesFixed(statement.Principal) && !hasFixedCondition(statement.Condition);

/** Values that a request has that nobody signed: an account without a number, and this id. */
const NOBODYS: readonly unknown[] = ["", NOBODY.userId];

const isFixed = (value: unknown): boolean =>
  typeof value === "string" && !/[*?]|\$\{/.test(value) && !NOBODYS.includes(value);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whoever comes by an identity provider is anybody. */
function namesFixed(principal: unknown): boolean {
  if (!isObject(principal)) return false;
  return Object.entries(principal).every(([kind, values]) => kind !== "Federated" && list(values).every(isFixed));
}

/** Operators that let nothing through but what they name; those with `IfExists` let through what lacks the key. */
const LIMITING = /^(ForAnyValue:)?(String(Equals(IgnoreCase)?|Like)|Arn(Equals|Like)|IpAddress|NumericEquals)$/i;

const hasFixedCondition = (condition: unknown): boolean =>
  isObject(condition) &&
  Object.entries(condition).some(
    ([operator, keys]) =>
      LIMITING.test(operator) &&
      isObject(keys) &&
      Object.entries(keys).some(([key, values]) => {
        const isFixedValue = fixing.get(key.toLowerCase());
        return isFixedValue !== undefined && list(values).every(isFixedValue);
      }),
  );

/** Keys whose fixed values keep a statement from being public. */
const fixing: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ["aws:sourceip", isNarrow],
  ["s3:dataaccesspointarn", hasFixedAccount],
  ...[
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
  ].map((key) => [key, isFixed] as const),
]);

/** The widest ranges of addresses that are no public ones, in bits of the prefix. */
const WIDEST_BITS = { v4: 8, v6: 32 };
/** RFC 1918. */
const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;

function isNarrow(range: unknown): boolean {
  if (typeof range !== "string" || !isFixed(range)) return false;
  const [address = "", bits] = range.split("/");
  if (bits === undefined) return true;
  if (isIPv6(address)) return Number(bits) >= WIDEST_BITS.v6;
  return Number(bits) >= WIDEST_BITS.v4 || PRIVATE.test(address);
}

/** The name of the access point may have wildcards. */
function hasFixedAccount(arn: unknown): boolean {
  const parts = typeof arn === "string" ? arn.split(":") : [];
  return isFixed(parts[4]) && parts[4] !== "";
}
