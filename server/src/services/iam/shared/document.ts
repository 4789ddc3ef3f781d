// A policy document as JSON text, compiled once into statements that answer "does this apply?".
// Source: IAM user guide, "IAM JSON policy element reference".
import type { Principal } from "../../../core/call.ts";
import { canonicalId } from "../../../core/ids.ts";
import { type Condition, compileCondition } from "./conditions.ts";
import { compilePattern, type Lookup, type Pattern } from "./pattern.ts";

/**
 * How a Principal element names a caller: by its own ARN or by `*`, by the role or user behind the session, or only by
 * its account, which delegates the decision to the account's identity policies.
 */
export type PrincipalMatch = "none" | "account" | "role" | "caller";

export interface Statement {
  readonly id: string | undefined;
  readonly effect: "Allow" | "Deny";
  /** Action, resource and conditions together. */
  applies(action: string, resource: string, lookup: Lookup): boolean;
  /** Action and resource alone. */
  covers(action: string, resource: string, lookup: Lookup): boolean;
  /** Statements of identity policies have no Principal and match every caller. */
  names(principal: Principal): PrincipalMatch;
}

export interface Policy {
  readonly statements: readonly Statement[];
}

/** The text is no policy document; the message says why. */
export class MalformedPolicy extends Error {
  override readonly name = "MalformedPolicy";
}

type Elements = Readonly<Record<string, unknown>>;

/** @throws MalformedPolicy when the text is not JSON of a policy's form */
export function compilePolicy(text: string): Policy {
  const document = parseJson(text);
  const variables = document["Version"] === "2012-10-17";
  const list = document["Statement"];
  return { statements: asList(list).map((statement) => compileStatement(statement, variables)) };
}

function parseJson(text: string): Elements {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new MalformedPolicy(`The policy is not JSON: ${(cause as Error).message}`);
  }
  if (!isElements(document)) throw new MalformedPolicy("A policy is a JSON object.");
  return document;
}

export const isElements = (value: unknown): value is Elements =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const asList = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
/** Policies write booleans and numbers with and without quotes. */
const strings = (value: unknown): string[] => asList(value).map(String);

function compileStatement(source: unknown, variables: boolean): Statement {
  if (!isElements(source)) throw new MalformedPolicy("A statement is a JSON object.");
  const effect = source["Effect"];
  if (effect !== "Allow" && effect !== "Deny") throw new MalformedPolicy("Effect must be Allow or Deny.");
  const actions = matcher(source, "Action", { variables: false, ignoreCase: true });
  const resources = matcher(source, "Resource", { variables });
  const conditions = compileConditions(source["Condition"], variables);
  const id = source["Sid"];
  return {
    id: typeof id === "string" && id !== "" ? id : undefined,
    effect,
    applies: (action, resource, lookup) =>
      actions(action, lookup) &&
      resources(resource, lookup) &&
      conditions.every((condition) => condition.holds(lookup)),
    covers: (action, resource, lookup) => actions(action, lookup) && resources(resource, lookup),
    names: compilePrincipal(source),
  };
}

/** `Action` or `NotAction`, `Resource` or `NotResource`; a statement without either (trust policies) matches all. */
function matcher(
  source: Elements,
  element: string,
  options: { readonly variables: boolean; readonly ignoreCase?: boolean },
): (text: string, lookup: Lookup) => boolean {
  const compile = (value: unknown) => strings(value).map((text) => compilePattern(text, options));
  const matchesAny = (patterns: readonly Pattern[], text: string, lookup: Lookup) =>
    patterns.some((pattern) => pattern.matches(text, lookup));
  if (source[element] !== undefined) {
    const patterns = compile(source[element]);
    return (text, lookup) => matchesAny(patterns, text, lookup);
  }
  if (source[`Not${element}`] !== undefined) {
    const patterns = compile(source[`Not${element}`]);
    return (text, lookup) => !matchesAny(patterns, text, lookup);
  }
  return () => true;
}

function compileConditions(source: unknown, variables: boolean): Condition[] {
  if (source === undefined) return [];
  if (!isElements(source)) throw new MalformedPolicy("Condition must be a JSON object.");
  return Object.entries(source).flatMap(([operator, keys]) => {
    if (!isElements(keys)) throw new MalformedPolicy(`Condition ${operator} must be a JSON object.`);
    return Object.entries(keys).map(([key, values]) => {
      const condition = compileCondition(operator, key, strings(values), variables);
      if (!condition) throw new MalformedPolicy(`Invalid Condition type : ${operator}.`);
      return condition;
    });
  });
}

function compilePrincipal(source: Elements): (principal: Principal) => PrincipalMatch {
  const named = source["Principal"];
  if (named !== undefined) return principalMatcher(named);
  const others = source["NotPrincipal"];
  if (others === undefined) return () => "caller";
  const matches = principalMatcher(others);
  // A deny spares nobody but whom it names: the account of a user stands beside the user, not for all in it. An allow
  // leaves out everyone whom it names in any way (IAM user guide, "NotPrincipal").
  const isLeftOut = (match: PrincipalMatch) => (source["Effect"] === "Deny" ? match === "caller" : match !== "none");
  return (principal) => (isLeftOut(matches(principal)) ? "none" : "caller");
}

const strength: Readonly<Record<PrincipalMatch, number>> = { none: 0, account: 1, role: 2, caller: 3 };

export const stronger = (one: PrincipalMatch, other: PrincipalMatch): PrincipalMatch =>
  strength[one] >= strength[other] ? one : other;

function principalMatcher(source: unknown): (principal: Principal) => PrincipalMatch {
  if (source === "*") return () => "caller";
  if (!isElements(source)) throw new MalformedPolicy("Principal must be * or a JSON object.");
  const accounts = strings(source["AWS"]);
  const services = strings(source["Service"]);
  const providers = strings(source["Federated"]);
  const canonical = strings(source["CanonicalUser"]);
  return (principal) => {
    if (principal.kind === "service") return services.includes(principal.arn) ? "caller" : "none";
    if (principal.kind === "web-identity")
      return providers.includes(principal.arn) || accounts.includes("*") ? "caller" : "none";
    // Who did not sign has no name and no account that a policy could mean.
    if (principal.kind === "anonymous") return accounts.includes("*") ? "caller" : "none";
    const found = accounts.map((name) => matchAwsPrincipal(name, principal)).reduce(stronger, "none");
    if (canonical.length === 0 || !canonical.includes(canonicalId(principal.account))) return found;
    return stronger(found, matchAwsPrincipal(principal.account, principal));
  };
}

function matchAwsPrincipal(name: string, principal: Principal): PrincipalMatch {
  if (name === "*" || name === principal.arn) return "caller";
  if (name === principal.account || name === `arn:aws:iam::${principal.account}:root`) {
    return principal.kind === "root" ? "caller" : "account";
  }
  return name === (principal.roleArn ?? principal.sessionIssuer?.arn) ? "role" : "none";
}
