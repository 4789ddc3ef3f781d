// Access control lists as requests give them: canned ones, headers, documents. S3 user guide, "Access control list (ACL)
// overview"; refusals as recorded from AWS (LocalStack, test_s3).
import type { AccessControlPolicy, Grant, Grantee, Owner, Permission } from "../../../../../contract/s3/types.ts";
import { canonicalId } from "../../../core/ids.ts";
import { s3Errors } from "../errors.ts";

/** Owner of what callers without a signature write (guide, "Finding an AWS account canonical user ID", note). */
const NOBODYS_ID = "65a011a29cdf8ec533ec3d1ccaae921c";
/** Amazon EC2, which reads bundles of machine images: the account of canned ACL `aws-exec-read`. */
const EC2_ID = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c";
/** In one list (guide, "Access control list (ACL) overview", note). */
const MOST_GRANTS = 100;

const idOf = (account: string): string => (account === "" ? NOBODYS_ID : canonicalId(account));

/** The display name is the account's number: accounts have no other name here. */
export const ownerOf = (account: string): Owner =>
  account === "" ? { ID: NOBODYS_ID } : { ID: idOf(account), DisplayName: account };

const groups = "http://acs.amazonaws.com/groups";
export const EVERYONE = `${groups}/global/AllUsers`;
export const AUTHENTICATED = `${groups}/global/AuthenticatedUsers`;
const LOG_DELIVERY = `${groups}/s3/LogDelivery`;
const isGroup = (uri: string | undefined): boolean => uri === EVERYONE || uri === AUTHENTICATED || uri === LOG_DELIVERY;

const toGroup = (URI: string, permission: Permission): Grant => ({
  Grantee: { Type: "Group", URI },
  Permission: permission,
});
const toAccount = (account: string, permission: Permission): Grant => ({
  Grantee: { Type: "CanonicalUser", ...ownerOf(account) },
  Permission: permission,
});

/** Who owns what a list is about, and the bucket; `isBucket`: it is the bucket itself. */
export interface AclPlace {
  readonly owner: string;
  readonly bucketOwner: string;
  readonly isBucket: boolean;
}

/** What a canned list grants beside the owner's full control. */
function cannedGrants(name: string, { owner, bucketOwner, isBucket }: AclPlace): readonly Grant[] | undefined {
  const toBucketOwner = (permission: Permission) =>
    isBucket || owner === bucketOwner ? [] : [toAccount(bucketOwner, permission)];
  switch (name) {
    case "private":
      return [];
    case "public-read":
      return [toGroup(EVERYONE, "READ")];
    case "public-read-write":
      return [toGroup(EVERYONE, "READ"), toGroup(EVERYONE, "WRITE")];
    case "authenticated-read":
      return [toGroup(AUTHENTICATED, "READ")];
    case "aws-exec-read":
      return [{ Grantee: { Type: "CanonicalUser", ID: EC2_ID }, Permission: "READ" }];
    case "log-delivery-write":
      return [toGroup(LOG_DELIVERY, "WRITE"), toGroup(LOG_DELIVERY, "READ_ACP")];
    case "bucket-owner-read":
      return toBucketOwner("READ");
    case "bucket-owner-full-control":
      return toBucketOwner("FULL_CONTROL");
    default:
      return undefined;
  }
}

export const privateAcl = (account: string): AccessControlPolicy => ({
  Owner: ownerOf(account),
  Grants: [toAccount(account, "FULL_CONTROL")],
});

const granted = {
  GrantFullControl: ["FULL_CONTROL", "x-amz-grant-full-control"],
  GrantRead: ["READ", "x-amz-grant-read"],
  GrantReadACP: ["READ_ACP", "x-amz-grant-read-acp"],
  GrantWrite: ["WRITE", "x-amz-grant-write"],
  GrantWriteACP: ["WRITE_ACP", "x-amz-grant-write-acp"],
} as const satisfies Readonly<Record<string, readonly [Permission, string]>>;

/** How a request says which list it wants. */
export interface AskedAcl {
  readonly ACL?: string | undefined;
  readonly GrantFullControl?: string | undefined;
  readonly GrantRead?: string | undefined;
  readonly GrantReadACP?: string | undefined;
  readonly GrantWrite?: string | undefined;
  readonly GrantWriteACP?: string | undefined;
  readonly AccessControlPolicy?: AccessControlPolicy | undefined;
}

const hasHeaders = (asked: AskedAcl): boolean =>
  Object.keys(granted).some((header) => asked[header as keyof typeof granted] !== undefined);

/** Whether the request brings a list. */
export const asksForAcl = (asked: AskedAcl): boolean => asked.ACL !== undefined || hasHeaders(asked);

/** The list that a request asks for; undefined when it names none. @throws ApiError as AWS refuses lists */
export function askedAcl(asked: AskedAcl, place: AclPlace): AccessControlPolicy | undefined {
  const byHeaders = hasHeaders(asked);
  if (asked.ACL !== undefined && byHeaders)
    throw s3Errors.invalidRequest("Specifying both Canned ACLs and Header Grants is not allowed");
  if (asked.AccessControlPolicy !== undefined && (byHeaders || asked.ACL !== undefined))
    throw s3Errors.unexpectedContent({});
  if (asked.AccessControlPolicy !== undefined) return documentAcl(asked.AccessControlPolicy, place);
  if (byHeaders) return { Owner: ownerOf(place.owner), Grants: limited(headerGrants(asked, place)) };
  if (asked.ACL === undefined) return undefined;
  const grants = cannedGrants(asked.ACL, place);
  if (grants === undefined) throw s3Errors.invalidArgument("", { ArgumentName: "x-amz-acl", ArgumentValue: asked.ACL });
  return { Owner: ownerOf(place.owner), Grants: [toAccount(place.owner, "FULL_CONTROL"), ...grants] };
}

/** As `askedAcl`, for operations that set a list and nothing else. @throws ApiError MissingSecurityHeader */
export function neededAcl(asked: AskedAcl, place: AclPlace): AccessControlPolicy {
  const acl = askedAcl(asked, place);
  if (acl === undefined) throw s3Errors.missingSecurityHeader({ MissingHeaderName: "x-amz-acl" });
  return acl;
}

const malformed = () =>
  s3Errors.malformedAcl("The XML you provided was not well-formed or did not validate against our published schema");

function limited(grants: readonly Grant[]): readonly Grant[] {
  if (grants.length > MOST_GRANTS) throw malformed();
  return grants;
}

/** `id="…", uri="…"` in each header. */
function headerGrants(asked: AskedAcl, place: AclPlace): readonly Grant[] {
  return Object.entries(granted).flatMap(([member, [permission, header]]) => {
    const value = asked[member as keyof typeof granted];
    if (value === undefined) return [];
    return value
      .split(",")
      .map((one) => ({ Grantee: headerGrantee(one.trim(), header, place), Permission: permission }));
  });
}

function headerGrantee(text: string, header: string, place: AclPlace): Grantee {
  const [, kind = "", value = ""] = /^(id|uri|emailAddress)\s*=\s*"?([^"]*)"?$/i.exec(text) ?? [];
  switch (kind.toLowerCase()) {
    case "id":
      return accountGrantee(value, "id", place);
    case "uri":
      return groupGrantee(value, "uri");
    case "emailaddress":
      throw byMail();
    default:
      throw s3Errors.invalidArgument("Argument format not recognized", { ArgumentName: header, ArgumentValue: text });
  }
}

/** @throws ApiError InvalidArgument for what cannot be the id of an account */
function accountGrantee(ID: string, ArgumentName: string, { owner, bucketOwner }: AclPlace): Grantee {
  checkId(ID, ArgumentName);
  const account = [owner, bucketOwner].find((one) => idOf(one) === ID);
  return { Type: "CanonicalUser", ...(account === undefined ? { ID } : ownerOf(account)) };
}

function checkId(ID: string, ArgumentName: string): void {
  if (/^([0-9a-f]{64}|[0-9a-f]{32})$/.test(ID)) return;
  throw s3Errors.invalidArgument("Invalid id", { ArgumentName, ArgumentValue: ID });
}

function groupGrantee(URI: string, ArgumentName: string): Grantee {
  if (isGroup(URI)) return { Type: "Group", URI };
  throw s3Errors.invalidArgument("Invalid group uri", { ArgumentName, ArgumentValue: URI });
}

/** Since October 2025 nobody is granted anything by mail address (API reference, PutBucketAcl). */
const byMail = () => s3Errors.methodNotAllowed("The specified method is not allowed against this resource.");

/** A list as a document. @throws ApiError MalformedACLError, InvalidArgument, AccessDenied (another owner) */
function documentAcl(acl: AccessControlPolicy, place: AclPlace): AccessControlPolicy {
  const permissions: readonly unknown[] = Object.values(granted).map(([permission]) => permission);
  const grants = acl.Grants;
  const isKnown = grants?.every(({ Grantee, Permission }) => Grantee && permissions.includes(Permission));
  if (acl.Owner?.ID === undefined || grants === undefined || !isKnown) throw malformed();
  const checked = limited(grants).map((one) => ({
    ...one,
    Grantee: documentGrantee(one.Grantee as Grantee, place),
  }));
  checkId(acl.Owner.ID, "CanonicalUser/ID");
  if (acl.Owner.ID !== idOf(place.owner)) throw s3Errors.accessDenied("Access Denied");
  return { Owner: ownerOf(place.owner), Grants: checked };
}

function documentGrantee({ Type, ID, URI, EmailAddress }: Grantee, place: AclPlace): Grantee {
  switch (Type) {
    case "CanonicalUser":
      if (ID === undefined) throw malformed();
      return accountGrantee(ID, "CanonicalUser/ID", place);
    case "Group":
      if (URI === undefined) throw malformed();
      return groupGrantee(URI, "Group/URI");
    case "AmazonCustomerByEmail":
      if (EmailAddress === undefined) throw malformed();
      throw byMail();
    default:
      throw malformed();
  }
}
