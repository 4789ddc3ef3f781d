// Condition blocks of policies: operators by name, IfExists, ForAllValues and ForAnyValue.
// Source: IAM user guide, "IAM JSON policy elements: Condition operators".
import { BlockList, isIP } from "node:net";
import { compilePattern, type Lookup } from "./pattern.ts";

export interface Condition {
  holds(lookup: Lookup): boolean;
}

/** Compares one value of the request with one value of the policy. */
type Test = (actual: string, lookup: Lookup) => boolean;
type MakeTest = (expected: string, variables: boolean) => Test;

interface Operator {
  readonly test: MakeTest;
  /** Holds when no value matches, and when the key is absent. */
  readonly negated?: true;
}

const equals: MakeTest = (expected, variables) => {
  const pattern = compilePattern(expected, { variables, literal: true });
  return (actual, lookup) => pattern.matches(actual, lookup);
};
const equalsIgnoreCase: MakeTest = (expected, variables) => {
  const pattern = compilePattern(expected, { variables, literal: true, ignoreCase: true });
  return (actual, lookup) => pattern.matches(actual, lookup);
};
const like: MakeTest = (expected, variables) => {
  const pattern = compilePattern(expected, { variables });
  return (actual, lookup) => pattern.matches(actual, lookup);
};

/** Six parts, each matched by itself: a wildcard does not reach over a colon, except in the last part. */
const arnLike: MakeTest = (expected, variables) => {
  const parts = arnParts(expected).map((part) => compilePattern(part, { variables }));
  return (actual, lookup) => {
    const found = arnParts(actual);
    return found.length === parts.length && parts.every((part, at) => part.matches(found[at] ?? "", lookup));
  };
};

function arnParts(arn: string): string[] {
  const parts = arn.split(":");
  return [...parts.slice(0, 5), parts.slice(5).join(":")];
}

const number =
  (compare: (actual: number, expected: number) => boolean, parse: (text: string) => number): MakeTest =>
  (expected) => {
    const limit = parse(expected);
    return (actual) => {
      const value = parse(actual);
      return !Number.isNaN(value) && !Number.isNaN(limit) && compare(value, limit);
    };
  };
const numeric = (compare: (actual: number, expected: number) => boolean) =>
  number(compare, (text) => (text.trim() === "" ? Number.NaN : Number(text)));
const date = (compare: (actual: number, expected: number) => boolean) => number(compare, parseDate);

/** Year, month, day, minute, second or parts of one, with a zone (W3C note "Date and Time Formats"). */
const ISO = /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** Milliseconds since 1970 of an ISO date, UTC where it names no zone, or of seconds since 1970; four digits are a year. */
function parseDate(text: string): number {
  const iso = ISO.exec(text);
  if (!iso) return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Number.NaN;
  return Date.parse(iso[3] !== undefined && iso[6] === undefined ? `${text}Z` : text);
}

const bool: MakeTest = (expected) => (actual) => actual.toLowerCase() === expected.toLowerCase();

const address: MakeTest = (expected) => {
  const [net = "", bits] = expected.split("/");
  const version = isIP(net);
  if (version === 0) return () => false;
  const list = new BlockList();
  const family = version === 4 ? "ipv4" : "ipv6";
  const length = bits === undefined ? (version === 4 ? 32 : 128) : Number(bits);
  if (!Number.isInteger(length) || length < 0 || length > (version === 4 ? 32 : 128)) return () => false;
  list.addSubnet(net, length, family);
  return (actual) => {
    const plain = actual.replace(/^::ffff:(?=\d+\.)/i, "");
    const found = isIP(plain);
    return found === version && list.check(plain, family);
  };
};

const less = (actual: number, expected: number) => actual < expected;
const lessEqual = (actual: number, expected: number) => actual <= expected;
const greater = (actual: number, expected: number) => actual > expected;
const greaterEqual = (actual: number, expected: number) => actual >= expected;
const same = (actual: number, expected: number) => actual === expected;

/** Keyed by the operator's name in lower case. */
const operators: Readonly<Record<string, Operator>> = {
  stringequals: { test: equals },
  stringnotequals: { test: equals, negated: true },
  stringequalsignorecase: { test: equalsIgnoreCase },
  stringnotequalsignorecase: { test: equalsIgnoreCase, negated: true },
  stringlike: { test: like },
  stringnotlike: { test: like, negated: true },
  numericequals: { test: numeric(same) },
  numericnotequals: { test: numeric(same), negated: true },
  numericlessthan: { test: numeric(less) },
  numericlessthanequals: { test: numeric(lessEqual) },
  numericgreaterthan: { test: numeric(greater) },
  numericgreaterthanequals: { test: numeric(greaterEqual) },
  dateequals: { test: date(same) },
  datenotequals: { test: date(same), negated: true },
  datelessthan: { test: date(less) },
  datelessthanequals: { test: date(lessEqual) },
  dategreaterthan: { test: date(greater) },
  dategreaterthanequals: { test: date(greaterEqual) },
  bool: { test: bool },
  binaryequals: { test: (expected) => (actual) => actual === expected },
  ipaddress: { test: address },
  notipaddress: { test: address, negated: true },
  arnequals: { test: arnLike },
  arnlike: { test: arnLike },
  arnnotequals: { test: arnLike, negated: true },
  arnnotlike: { test: arnLike, negated: true },
};

/** Undefined when there is no operator of that name. */
export function compileCondition(
  operatorName: string,
  key: string,
  expected: readonly string[],
  variables: boolean,
): Condition | undefined {
  const named = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/i.exec(operatorName);
  const name = named?.[2]?.toLowerCase() ?? "";
  const lowerKey = key.toLowerCase();
  if (name === "null" && !named?.[1] && !named?.[3]) return nullCondition(lowerKey, expected);
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (!operator) return undefined;
  const tests = expected.map((value) => operator.test(value, variables));
  const matches = (actual: string, lookup: Lookup) =>
    tests.some((test) => test(actual, lookup)) !== (operator.negated === true);
  const holdsFor = quantifier(named?.[1]?.toLowerCase(), operator.negated === true, matches);
  const whenAbsent = named?.[3] !== undefined || holdsWithoutKey(named?.[1]?.toLowerCase(), operator);
  return {
    holds(lookup) {
      const values = lookup(lowerKey);
      return values === undefined || values.length === 0 ? whenAbsent : holdsFor(values, lookup);
    },
  };
}

function quantifier(
  set: string | undefined,
  negated: boolean,
  matches: (actual: string, lookup: Lookup) => boolean,
): (values: readonly string[], lookup: Lookup) => boolean {
  // Without a set operator a key of several values behaves as "any matches"; negated, as "none matches".
  const every = set === "forallvalues" || (set === undefined && negated);
  return every
    ? (values, lookup) => values.every((value) => matches(value, lookup))
    : (values, lookup) => values.some((value) => matches(value, lookup));
}

function holdsWithoutKey(set: string | undefined, operator: Operator): boolean {
  if (set === "forallvalues") return true;
  if (set === "foranyvalue") return false;
  return operator.negated === true;
}

/** `"true"`: the key must be absent; `"false"`: it must be there. */
function nullCondition(key: string, expected: readonly string[]): Condition {
  return {
    holds(lookup) {
      const values = lookup(key);
      const isAbsent = values === undefined || values.length === 0;
      return expected.some((value) => (value.toLowerCase() === "true") === isAbsent);
    },
  };
}
