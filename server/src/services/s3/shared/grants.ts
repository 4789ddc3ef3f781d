// What access control lists do: grants as statements of a policy, which join the resource's own when nothing else allows;
// who owns what is written; and what a bucket's settings leave of both. S3 user guide, "Access control list (ACL) overview"
// (what each permission stands for, in the words of 2020), "Blocking public access" and "Controlling ownership of objects".
import type { AccessControlPolicy, Grant, Permission } from "../../../../../contract/s3/types.ts";
import type { Call } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import { s3Errors } from "../errors.ts";
import { type AskedAcl, AUTHENTICATED, EVERYONE, ownerOf, privateAcl } from "./acl.ts";
import type { Bucket, BucketSettings, ObjectDocument } from "./model.ts";

type Actions = Partial<Readonly<Record<Permission, readonly string[]>>>;

/** By what a list belongs to. */
const places = {
  bucket: {
    READ: ["ListBucket", "ListBucketVersions", "ListBucketMultipartUploads"],
    WRITE: ["PutObject", "DeleteObject"],
    READ_ACP: ["GetBucketAcl"],
    WRITE_ACP: ["PutBucketAcl"],
  },
  /** The bucket's list, for a request that writes an object and says who else may read it: whoever writes owns it. */
  writing: { WRITE: ["PutObjectAcl"] },
  /** The bucket's list, for a key that is not there: who may list is told so. */
  missing: { READ: ["GetObject", "GetObjectVersion"] },
  object: {
    READ: ["GetObject", "GetObjectVersion"],
    READ_ACP: ["GetObjectAcl", "GetObjectVersionAcl"],
    WRITE_ACP: ["PutObjectAcl", "PutObjectVersionAcl"],
  },
} as const satisfies Readonly<Record<string, Actions>>;

type Place = keyof typeof places;

const ownershipOf = ({ ownership }: BucketSettings): string => ownership?.Rules?.[0]?.ObjectOwnership ?? "ObjectWriter";

/** Whether the bucket's owner owns all there is and lists decide nothing. */
export const isOwnerEnforced = ({ settings }: Pick<Bucket, "settings">): boolean =>
  ownershipOf(settings) === "BucketOwnerEnforced";

/** Account that owns an object as things are now. */
export const ownerNow = (bucket: Bucket, { owner }: Pick<ObjectDocument, "owner">): string =>
  isOwnerEnforced(bucket) ? bucket.owner : owner;

/** Account that will own what the call writes. Services write for the bucket's owner. */
export function ownerOfWritten(bucket: Bucket, call: Call, { ACL }: AskedAcl): string {
  const ownership = ownershipOf(bucket.settings);
  const isGivenAway = ownership === "BucketOwnerPreferred" && ACL === "bucket-owner-full-control";
  const isOwners = ownership === "BucketOwnerEnforced" || isGivenAway || call.principal.kind === "service";
  return isOwners ? bucket.owner : call.account;
}

const isPublicGrant = ({ Grantee }: Grant): boolean => Grantee?.URI === EVERYONE || Grantee?.URI === AUTHENTICATED;

export const isPublicAcl = (acl: AccessControlPolicy | undefined): boolean => acl?.Grants?.some(isPublicGrant) === true;

/** The grants that count under the bucket's settings. */
function effectiveGrants(bucket: Bucket, acl: AccessControlPolicy): readonly Grant[] {
  if (isOwnerEnforced(bucket)) return [];
  const grants = acl.Grants ?? [];
  return bucket.settings.publicAccess?.IgnorePublicAcls === true
    ? grants.filter((grant) => !isPublicGrant(grant))
    : grants;
}

/** A list as it is shown: what is in force (guide, "Blocking public access", under "Important"). */
export function shownAcl(bucket: Bucket, acl: AccessControlPolicy | undefined, owner: string): AccessControlPolicy {
  if (isOwnerEnforced(bucket)) return privateAcl(bucket.owner);
  if (acl === undefined) return privateAcl(owner);
  return { Owner: acl.Owner ?? ownerOf(owner), Grants: effectiveGrants(bucket, acl) };
}

/** What a list allows, as a policy; undefined when it allows nobody anything. */
export function grantedPolicy(bucket: Bucket, acl: AccessControlPolicy | undefined, place: Place): string | undefined {
  if (acl === undefined) return undefined;
  const statements = effectiveGrants(bucket, acl).flatMap((grant) => statementOf(grant, places[place]) ?? []);
  return statements.length === 0 ? undefined : JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

function statementOf({ Grantee, Permission }: Grant, actions: Actions) {
  const named = Permission === "FULL_CONTROL" ? Object.values(actions).flat() : (actions[Permission ?? "READ"] ?? []);
  const who = whoOf(Grantee);
  if (named.length === 0 || who === undefined) return undefined;
  return { Effect: "Allow", ...who, Action: named.map((action) => `s3:${action}`), Resource: "*" };
}

/** Statements name callers; the group that delivers logs has none here. */
function whoOf(grantee: Grant["Grantee"]) {
  if (grantee?.URI === EVERYONE) return { Principal: "*" };
  if (grantee?.URI === AUTHENTICATED)
    return { Principal: "*", Condition: { StringNotEquals: { "aws:PrincipalType": "Anonymous" } } };
  return grantee?.ID === undefined ? undefined : { Principal: { CanonicalUser: grantee.ID } };
}

/** Refuses lists that the bucket's settings do not take. @throws ApiError AccessControlListNotSupported, AccessDenied */
export function checkAclTaken(bucket: Bucket, acl: AccessControlPolicy, asked: AskedAcl): void {
  if (isOwnerEnforced(bucket) && !isOwnersAlone(bucket, acl, asked))
    throw new ApiError("AccessControlListNotSupported", 400, "The bucket does not allow ACLs");
  if (bucket.settings.publicAccess?.BlockPublicAcls === true && isPublicAcl(acl))
    throw s3Errors.accessDenied("Access Denied");
}

/** Full control of the bucket's owner and nothing else, by the canned list of that name or written out. */
function isOwnersAlone(bucket: Bucket, acl: AccessControlPolicy, asked: AskedAcl): boolean {
  if (asked.ACL !== undefined) return asked.ACL === "bucket-owner-full-control";
  const [grant, ...others] = acl.Grants ?? [];
  const isOwners = grant?.Grantee?.ID === ownerOf(bucket.owner).ID && grant?.Permission === "FULL_CONTROL";
  return isOwners && others.length === 0;
}

/** Whether a bucket's list grants anybody but its owner something. */
export const opensToOthers = ({ settings, owner }: Pick<Bucket, "settings" | "owner">): boolean =>
  settings.acl?.Grants?.some(({ Grantee }) => Grantee?.ID !== ownerOf(owner).ID) === true;
