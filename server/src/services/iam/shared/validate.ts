// What IAM refuses in a policy document when it is stored, in its words. Source: answers of AWS recorded in moto's
// tests/test_iam/test_iam_policies.py and LocalStack's tests/aws/services/iam/test_iam.snapshot.json.
import { malformedPolicy } from "../errors.ts";
import { asList, compilePolicy, isElements, MalformedPolicy } from "./document.ts";

type Elements = Readonly<Record<string, unknown>>;

const VERSIONS = ["2008-10-17", "2012-10-17"];
const TOP_ELEMENTS = ["Version", "Id", "Statement"];
const IDENTITY_ELEMENTS = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const TRUST_ELEMENTS = ["Sid", "Effect", "Action", "Principal", "NotPrincipal", "Condition"];

const RESOURCE_ELEMENTS = [...IDENTITY_ELEMENTS, "Principal", "NotPrincipal"];

const SYNTAX = "Syntax errors in policy.";
const LEGACY = "The policy failed legacy parsing";

/** Policies of users, roles and sessions, and managed policies. @throws ApiError MalformedPolicyDocument */
export function checkIdentityPolicy(text: string): void {
  const document = parse(text, SYNTAX);
  const statements = checkForm(document, IDENTITY_ELEMENTS);
  if (document["Version"] !== "2012-10-17") {
    throw malformedPolicy("Policy document must be version 2012-10-17 or greater.");
  }
  for (const statement of statements) checkLegacy(statement);
  checkSids(statements);
  if (!statements.every(({ Sid }) => /^[0-9A-Za-z]*$/.test(String(Sid ?? "")))) {
    throw malformedPolicy(
      "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
    );
  }
  for (const { Action, NotAction } of statements) {
    if (isMissing(Action) && isMissing(NotAction)) throw malformedPolicy("Policy statement must contain actions.");
  }
  for (const statement of statements) {
    if (isMissing(statement["Resource"]) && isMissing(statement["NotResource"])) {
      throw malformedPolicy("Policy statement must contain resources.");
    }
    for (const resource of resourcesOf(statement)) checkResource(resource);
  }
  for (const { Action, NotAction } of statements) {
    for (const action of [...asList(Action), ...asList(NotAction)]) checkAction(String(action));
  }
  checkConditions(text);
}

/** Trust policies of roles. @throws ApiError MalformedPolicyDocument */
export function checkTrustPolicy(text: string): void {
  const document = parse(text, "This policy contains invalid Json");
  const listed = asList(document["Statement"]);
  for (const statement of listed) {
    if (!isElements(statement)) continue;
    for (const field of ["Resource", "NotResource"]) {
      if (statement[field] !== undefined) throw malformedPolicy(`Has prohibited field ${field}`);
    }
  }
  const statements = checkForm(document, TRUST_ELEMENTS);
  for (const statement of statements) {
    if (isMissing(statement["Action"])) throw malformedPolicy("Missing required field Action");
    if (isMissing(statement["Principal"]) && isMissing(statement["NotPrincipal"])) {
      throw malformedPolicy("Missing required field Principal");
    }
    for (const action of asList(statement["Action"])) {
      if (!isAssumeAction(String(action))) {
        throw malformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.");
      }
    }
    checkPrincipal(statement["Principal"]);
    checkPrincipal(statement["NotPrincipal"]);
  }
  checkSids(statements);
  checkConditions(text);
}

/** Policies of resources that are not a service's own to check, such as keys. @throws ApiError MalformedPolicyDocument */
export function checkResourcePolicy(text: string): void {
  const statements = checkForm(parse(text, SYNTAX), RESOURCE_ELEMENTS);
  for (const statement of statements) {
    checkLegacy(statement);
    for (const element of ["Principal", "Action", "Resource"]) {
      if (isMissing(statement[element]) && isMissing(statement[`Not${element}`])) {
        throw malformedPolicy(`Missing required field ${element}`);
      }
    }
    checkPrincipal(statement["Principal"]);
    checkPrincipal(statement["NotPrincipal"]);
  }
  checkSids(statements);
  checkConditions(text);
}

function parse(text: string, complaint: string): Elements {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw malformedPolicy(complaint);
  }
  if (!isElements(document)) throw malformedPolicy(SYNTAX);
  return document;
}

/** Elements known, of the right JSON type, and not in contradiction. */
function checkForm(document: Elements, known: readonly string[]): Elements[] {
  const { Version, Id, Statement } = document;
  const isFormed =
    Object.keys(document).every((name) => TOP_ELEMENTS.includes(name)) &&
    (Version === undefined || VERSIONS.includes(String(Version))) &&
    (Id === undefined || typeof Id === "string");
  const statements = asList(Statement);
  if (!isFormed || statements.length === 0) throw malformedPolicy(SYNTAX);
  return statements.map((statement) => {
    if (!isElements(statement) || !isStatementFormed(statement, known)) throw malformedPolicy(SYNTAX);
    return statement;
  });
}

function isStatementFormed(statement: Elements, known: readonly string[]): boolean {
  const texts = ["Action", "NotAction", "Resource", "NotResource"];
  const pairs = [
    ["Action", "NotAction"],
    ["Resource", "NotResource"],
    ["Principal", "NotPrincipal"],
  ] as const;
  const { Effect, Sid, Condition } = statement;
  return (
    Object.keys(statement).every((name) => known.includes(name)) &&
    /^(allow|deny)$/i.test(String(Effect)) &&
    (Sid === undefined || typeof Sid === "string") &&
    texts.every((name) => asList(statement[name]).every((value) => typeof value === "string")) &&
    pairs.every(([one, other]) => statement[one] === undefined || statement[other] === undefined) &&
    (Condition === undefined || (isElements(Condition) && Object.values(Condition).every(areKeysFormed)))
  );
}

/** Keys of one operator: text, booleans and numbers, or lists of them. */
const areKeysFormed = (keys: unknown): boolean =>
  isElements(keys) &&
  Object.values(keys)
    .flatMap(asList)
    .every((value) => ["string", "boolean", "number"].includes(typeof value));

const resourcesOf = ({ Resource, NotResource }: Elements): string[] =>
  [...asList(Resource), ...asList(NotResource)].map(String);

/** What AWS's first, older parser refuses before anything else is looked at. */
function checkLegacy(statement: Elements): void {
  const { Effect, Condition } = statement;
  const isEffect = Effect === "Allow" || Effect === "Deny";
  const dates = Object.entries(isElements(Condition) ? Condition : {})
    .filter(([operator]) => /^(for(all|any)values?:)?date/i.test(operator))
    .flatMap(([, keys]) => Object.values(isElements(keys) ? keys : {}).flatMap(asList));
  if (!isEffect || !dates.every(isDate)) throw malformedPolicy(LEGACY);
  for (const resource of resourcesOf(statement)) {
    const parts = resource.split(":");
    const [start, partition, service] = parts;
    // ARNs of another partition, and what is none at all, are named by later checks.
    if (start === "arn" && partition === "aws" && (service === "" || parts.length === 4 || parts.length === 5)) {
      throw malformedPolicy(LEGACY);
    }
  }
}

/** Seconds since 1970, or ISO 8601 (W3C's profile); policy variables are filled in later. */
function isDate(value: unknown): boolean {
  const text = String(value);
  if (text.includes("${")) return true;
  if (/^[+-]?\d+$/.test(text)) return BigInt(text) <= 2n ** 63n - 1n;
  const iso = /^\d{4}(-\d{2}(-\d{2}(T\d{1,2}(:\d{2}(:\d{2}(\.\d{1,9})?)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?)?)?$/i;
  // A year of two digits, with the mark of a time that does not come, is taken too.
  return /^\d{2}T$/.test(text) || (iso.test(text) && !Number.isNaN(Date.parse(text.slice(0, 10))));
}

const isMissing = (value: unknown): boolean => asList(value).length === 0;

function checkSids(statements: readonly Elements[]): void {
  const ids = statements.map(({ Sid }) => Sid).filter((id) => id !== undefined && id !== "");
  if (new Set(ids).size !== ids.length) {
    throw malformedPolicy("Statement IDs (SID) in a single policy must be unique.");
  }
}

function checkAction(action: string): void {
  const [vendor = "", name, more] = action.split(":");
  if (name === undefined && vendor !== "*") {
    throw malformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  }
  if (more !== undefined) throw malformedPolicy("Actions/Condition can contain only one colon.");
  if (vendor !== "*" && /[^A-Za-z0-9.-]/.test(vendor)) throw malformedPolicy(`Vendor ${vendor} is not valid`);
}

/** Only these start the resource part of an IAM ARN. */
const IAM_RESOURCES = [
  "user/",
  "federated-user/",
  "role/",
  "group/",
  "instance-profile/",
  "mfa/",
  "server-certificate/",
  "policy/",
  "sms-mfa/",
  "saml-provider/",
  "oidc-provider/",
  "report/",
  "access-report/",
];

function checkResource(resource: string): void {
  if (resource === "*") return;
  const [, partition, service, region, , ...rest] = resource.split(":");
  if (partition === undefined) throw malformedPolicy(`Resource ${resource} must be in ARN format or "*".`);
  if (!/^(aws|aws-cn|aws-us-gov|\*)$/.test(partition)) {
    const [, , ...parts] = resource.split(":");
    const [one = "*", two = "*", three = "*"] = parts;
    const last = parts.length > 3 ? parts.slice(3).join(":") : "*";
    const shown = `arn:${partition}:${one || (parts.length > 1 ? "" : "*")}:${two}:${three}:${last}`;
    throw malformedPolicy(`Partition "${partition}" is not valid for resource "${shown}".`);
  }
  if (service === undefined) {
    throw malformedPolicy("Resource vendor must be fully qualified and cannot contain regexes.");
  }
  if (service === "s3" && region && !rest.join(":").startsWith("accesspoint")) {
    throw malformedPolicy(`Resource ${resource} can not contain region information.`);
  }
  if (service !== "iam") return;
  if (region) throw malformedPolicy(`IAM resource ${resource} cannot contain region information.`);
  const path = rest.join(":");
  if (path !== "*" && path !== "root" && !IAM_RESOURCES.some((start) => path.startsWith(start))) {
    throw malformedPolicy(`IAM resource path must either be "*", root, or start with ${IAM_RESOURCES.join(", ")}.`);
  }
}

const isAssumeAction = (action: string): boolean =>
  action === "*" || /^sts:(\*|assumerole\w*\*?|tagsession|setsourceidentity|setcontext)$/i.test(action);

/** Accounts, ARNs of identities, services, or `*`. */
function checkPrincipal(principal: unknown): void {
  if (principal === undefined || principal === "*") return;
  if (!isElements(principal)) throw malformedPolicy(`Invalid principal in policy: "${String(principal)}"`);
  for (const [type, names] of Object.entries(principal)) {
    if (!["AWS", "Service", "Federated", "CanonicalUser"].includes(type)) throw malformedPolicy(SYNTAX);
    for (const name of asList(names)) {
      const isKnown =
        type === "AWS"
          ? /^(\*|\d{12}|arn:aws[\w-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)\/.+))$/.test(
              String(name),
            )
          : type !== "Service" || /^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/.test(String(name));
      if (!isKnown) throw malformedPolicy(`Invalid principal in policy: "${type}":"${String(name)}"`);
    }
  }
}

function checkConditions(text: string): void {
  try {
    compilePolicy(text);
  } catch (cause) {
    if (!(cause instanceof MalformedPolicy)) throw cause;
    throw malformedPolicy(cause.message === "Effect must be Allow or Deny." ? LEGACY : SYNTAX);
  }
}
