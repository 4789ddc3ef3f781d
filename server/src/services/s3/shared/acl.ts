// Access control lists: who owns, who is granted. Canned ACLs as the S3 user guide lists them.
import type { AccessControlPolicy, Grant, Owner } from "../../../../../contract/s3/types.ts";
import { canonicalId } from "../../../core/ids.ts";
import { s3Errors } from "../errors.ts";
import type { Bucket } from "./model.ts";

/** The display name is the account's number: accounts have no other name here. */
export const ownerOf = (account: string): Owner => ({ ID: canonicalId(account), DisplayName: account });

const group = (name: string) => ({ Type: "Group" as const, URI: `http://acs.amazonaws.com/groups/${name}` });
const everyone = group("global/AllUsers");
const authenticated = group("global/AuthenticatedUsers");
const logDelivery = group("s3/LogDelivery");

const owned = (account: string): Grant => ({
  Grantee: { Type: "CanonicalUser", ...ownerOf(account) },
  Permission: "FULL_CONTROL",
});

const canned: Readonly<Record<string, readonly Grant[]>> = {
  private: [],
  "public-read": [{ Grantee: everyone, Permission: "READ" }],
  "public-read-write": [
    { Grantee: everyone, Permission: "READ" },
    { Grantee: everyone, Permission: "WRITE" },
  ],
  "authenticated-read": [{ Grantee: authenticated, Permission: "READ" }],
  "log-delivery-write": [
    { Grantee: logDelivery, Permission: "WRITE" },
    { Grantee: logDelivery, Permission: "READ_ACP" },
  ],
  "aws-exec-read": [],
  "bucket-owner-read": [],
  "bucket-owner-full-control": [],
};

/** The full list that a canned ACL stands for; undefined when none is given. @throws ApiError InvalidArgument */
export function cannedAcl(name: string | undefined, bucket: Pick<Bucket, "owner">): AccessControlPolicy | undefined {
  if (name === undefined) return undefined;
  const grants = canned[name];
  if (grants === undefined) throw s3Errors.invalidArgument("", { ArgumentName: "x-amz-acl", ArgumentValue: name });
  return { Owner: ownerOf(bucket.owner), Grants: [owned(bucket.owner), ...grants] };
}

export const privateAcl = (account: string): AccessControlPolicy => ({
  Owner: ownerOf(account),
  Grants: [owned(account)],
});

const granted = {
  GrantFullControl: "FULL_CONTROL",
  GrantRead: "READ",
  GrantReadACP: "READ_ACP",
  GrantWrite: "WRITE",
  GrantWriteACP: "WRITE_ACP",
} as const;

type GrantHeaders = { readonly [Header in keyof typeof granted]?: string | undefined };

/** The list that x-amz-grant-* headers stand for (`id="…", uri="…"`); undefined when there is none. */
export function grantedAcl(headers: GrantHeaders, bucket: Pick<Bucket, "owner">): AccessControlPolicy | undefined {
  const Grants: Grant[] = [];
  for (const [header, Permission] of Object.entries(granted)) {
    const value = headers[header as keyof typeof granted];
    if (value === undefined) continue;
    for (const one of value.split(",")) Grants.push({ Grantee: granteeOf(one.trim()), Permission });
  }
  return Grants.length === 0 ? undefined : { Owner: ownerOf(bucket.owner), Grants };
}

function granteeOf(text: string): Grant["Grantee"] {
  const match = /^(id|uri|emailAddress)="?([^"]+)"?$/i.exec(text);
  const [, kind = "", value = ""] = match ?? [];
  if (kind.toLowerCase() === "id") return { Type: "CanonicalUser", ID: value };
  if (kind.toLowerCase() === "uri") return { Type: "Group", URI: value };
  throw s3Errors.invalidArgument("Argument format not recognized", {
    ArgumentName: "x-amz-grant",
    ArgumentValue: text,
  });
}

/** A list as given. @throws ApiError MalformedACLError */
export function checkedAcl(acl: AccessControlPolicy | undefined, bucket: Pick<Bucket, "owner">): AccessControlPolicy {
  const permissions: readonly unknown[] = Object.values(granted);
  const valid = acl?.Grants?.every(
    ({ Grantee, Permission }) => Grantee !== undefined && permissions.includes(Permission),
  );
  if (acl === undefined || valid !== true || acl.Owner?.ID === undefined)
    throw s3Errors.malformedAcl(
      "The XML you provided was not well-formed or did not validate against our published schema",
    );
  if (acl.Owner.ID !== canonicalId(bucket.owner)) throw s3Errors.accessDenied("Access Denied");
  return { Owner: ownerOf(bucket.owner), Grants: acl.Grants ?? [] };
}
