// Decisions as a table: one sentence, the policies, the request, the outcome. Cases marked [guide] follow examples of
// the IAM user guide (policy evaluation logic, condition operators, policy variables).
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written like this
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Permission, Principal } from "../../../core/call.ts";
import type { RequestFacts } from "../../../core/ports.ts";
import { compilePolicy } from "./document.ts";
import { decide, type NamedPolicy, refusalText } from "./evaluation.ts";
import { lookupFor } from "./request.ts";

const ann: Principal = {
  kind: "user",
  arn: "arn:aws:iam::123456789012:user/team/ann",
  account: "123456789012",
  userId: "AIDAANN",
};
const session: Principal = {
  kind: "assumed-role",
  arn: "arn:aws:sts::123456789012:assumed-role/Trainer/s1",
  account: "123456789012",
  userId: "AROATRAINER:s1",
  roleArn: "arn:aws:iam::123456789012:role/Trainer",
  issuedAt: Date.parse("2020-09-01T11:00:00Z"),
};
const root: Principal = { ...ann, kind: "root", arn: "arn:aws:iam::123456789012:root", userId: "123456789012" };
const service: Principal = { ...ann, kind: "service", arn: "sagemaker.amazonaws.com" };
const facts: RequestFacts = {
  at: Date.parse("2020-09-01T12:00:00Z"),
  region: "us-east-1",
  sourceIp: "10.1.2.3",
  userAgent: "Boto3/1.15",
  secure: false,
};

type Source = object | readonly object[];
interface Case {
  readonly who?: Principal;
  readonly identity?: Source;
  readonly boundary?: Source;
  readonly session?: Source;
  readonly resource?: Source;
  readonly version?: string;
  readonly action?: string;
  readonly on?: string;
  readonly conditions?: Permission["conditions"];
  readonly owner?: string;
  readonly from?: Partial<RequestFacts>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly gives: "allowed" | "explicitDeny" | "implicitDeny";
}

const allow = (more: object = {}) => ({ Effect: "Allow", Action: "*", Resource: "*", ...more });
const deny = (more: object = {}) => ({ Effect: "Deny", Action: "*", Resource: "*", ...more });
const when = (Condition: object) => allow({ Condition });

function policy(source: Source | undefined, version = "2012-10-17"): NamedPolicy | undefined {
  if (!source) return undefined;
  return {
    name: "p",
    type: "inline",
    policy: compilePolicy(JSON.stringify({ Version: version, Statement: source })),
  };
}

function run(one: Case) {
  const who = one.who ?? ann;
  const permission: Permission = {
    action: one.action ?? "s3:GetObject",
    resource: one.on ?? "arn:aws:s3:::bucket/key",
    ...(one.conditions && { conditions: one.conditions }),
    ...(one.owner && { resourceAccount: one.owner }),
    ...(one.resource && { resourcePolicy: "given" }),
  };
  const identity = policy(one.identity, one.version);
  const narrowed = policy(one.session);
  const layers = {
    identity: identity ? [identity] : [],
    boundary: policy(one.boundary),
    session: narrowed && [narrowed],
    resource: policy(one.resource),
  };
  const lookup = lookupFor(who, permission, { ...facts, ...one.from }, one.tags ? { tags: one.tags } : {});
  const decision = decide(who, permission, layers, lookup);
  return { decision, text: refusalText(who, permission, decision) };
}

const bucketFor = (name: string) => ({ Resource: `arn:aws:s3:::${name}` });
const ANN = { AWS: ann.arn };
const ACCOUNT = { AWS: "arn:aws:iam::123456789012:root" };

const cases: Readonly<Record<string, Case>> = {
  "nothing is allowed without a policy": { gives: "implicitDeny" },
  "an allow of everything allows": { identity: allow(), gives: "allowed" },
  "a deny wins over an allow": { identity: [allow(), deny({ Action: "s3:Get*" })], gives: "explicitDeny" },
  "a deny of another action does not matter": { identity: [allow(), deny({ Action: "s3:Put*" })], gives: "allowed" },
  "actions are compared without regard to case": { identity: allow({ Action: "S3:getobject" }), gives: "allowed" },
  "a question mark is exactly one character": { identity: allow({ Action: "s3:Get?bject" }), gives: "allowed" },
  "a question mark is not zero characters": { identity: allow({ Action: "s3:GetObject?" }), gives: "implicitDeny" },
  "resources are compared with regard to case": {
    identity: allow(bucketFor("Bucket/*")),
    gives: "implicitDeny",
  },
  "several wildcards match in order": { identity: allow(bucketFor("b*k*t/*e?")), gives: "allowed" },
  "NotAction allows all but the named": {
    identity: allow({ Action: undefined, NotAction: "iam:*" }),
    gives: "allowed",
  },
  "NotAction leaves the named out": {
    identity: allow({ Action: undefined, NotAction: ["s3:*"] }),
    gives: "implicitDeny",
  },
  "NotResource denies all but the named [guide]": {
    identity: [
      allow(),
      deny({ Action: "s3:*", Resource: undefined, NotResource: ["arn:aws:s3:::hr", "arn:aws:s3:::hr/*"] }),
    ],
    gives: "explicitDeny",
  },
  "NotResource spares the named [guide]": {
    identity: [allow(), deny({ Resource: undefined, NotResource: "arn:aws:s3:::bucket/*" })],
    gives: "allowed",
  },
  "${aws:username} is the user's name [guide]": {
    identity: allow(bucketFor("bucket/${aws:username}/*")),
    on: "arn:aws:s3:::bucket/ann/x",
    gives: "allowed",
  },
  "${aws:username} is not another's name [guide]": {
    identity: allow(bucketFor("bucket/${aws:username}/*")),
    on: "arn:aws:s3:::bucket/bob/x",
    gives: "implicitDeny",
  },
  "a role session has no ${aws:username}": {
    who: session,
    identity: allow(bucketFor("bucket/${aws:username}/*")),
    on: "arn:aws:s3:::bucket//x",
    gives: "implicitDeny",
  },
  "a variable's default serves where the key is absent [guide]": {
    who: session,
    identity: allow(bucketFor("bucket/${aws:username, 'guest'}/*")),
    on: "arn:aws:s3:::bucket/guest/x",
    gives: "allowed",
  },
  "a variable is text in policies of 2008 [guide]": {
    version: "2008-10-17",
    identity: allow(bucketFor("bucket/${aws:username}/*")),
    on: "arn:aws:s3:::bucket/ann/x",
    gives: "implicitDeny",
  },
  "a wildcard within a variable's value is plain text": {
    identity: allow(bucketFor("bucket/${aws:PrincipalTag/team}/*")),
    tags: { team: "*" },
    on: "arn:aws:s3:::bucket/red/x",
    gives: "implicitDeny",
  },
  "${*} is a star [guide]": {
    identity: allow(bucketFor("bucket/${*}")),
    on: "arn:aws:s3:::bucket/x",
    gives: "implicitDeny",
  },
  "a principal's tag decides": {
    identity: when({ StringEquals: { "aws:PrincipalTag/Team": "red" } }),
    tags: { team: "red" },
    gives: "allowed",
  },
  "StringEquals compares exactly": {
    identity: when({ StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } }),
    action: "iam:PassRole",
    conditions: { "iam:PassedToService": "sagemaker.amazonaws.com" },
    gives: "allowed",
  },
  "StringEquals fails for another value": {
    identity: when({ StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } }),
    action: "iam:PassRole",
    conditions: { "iam:PassedToService": "ec2.amazonaws.com" },
    gives: "implicitDeny",
  },
  "StringEquals takes a star for a star": {
    identity: when({ StringEquals: { "aws:UserAgent": "Boto3*" } }),
    gives: "implicitDeny",
  },
  "StringLike takes a star for any text": {
    identity: when({ StringLike: { "aws:UserAgent": "Boto3*" } }),
    gives: "allowed",
  },
  "StringEqualsIgnoreCase ignores case": {
    identity: when({ StringEqualsIgnoreCase: { "aws:useragent": "BOTO3/1.15" } }),
    gives: "allowed",
  },
  "StringNotEquals holds when the key is absent [guide]": {
    identity: when({ StringNotEquals: { "s3:prefix": "a" } }),
    gives: "allowed",
  },
  "StringNotEquals means none of the values [guide]": {
    identity: when({ StringNotEquals: { "s3:prefix": ["a", "b"] } }),
    conditions: { "s3:prefix": "b" },
    gives: "implicitDeny",
  },
  "StringEquals fails when the key is absent": {
    identity: when({ StringEquals: { "s3:prefix": "a" } }),
    gives: "implicitDeny",
  },
  "IfExists lets an absent key pass [guide]": {
    identity: when({ StringEqualsIfExists: { "s3:prefix": "a" } }),
    gives: "allowed",
  },
  "IfExists still compares a key that is there": {
    identity: when({ StringEqualsIfExists: { "s3:prefix": "a" } }),
    conditions: { "s3:prefix": "b" },
    gives: "implicitDeny",
  },
  "all operators of a block have to hold": {
    identity: when({ StringLike: { "aws:UserAgent": "*" }, Bool: { "aws:SecureTransport": "true" } }),
    gives: "implicitDeny",
  },
  "one of an operator's values is enough": {
    identity: when({ StringLike: { "aws:UserAgent": ["x*", "Boto*"] } }),
    gives: "allowed",
  },
  "a deny without TLS denies plain calls": {
    identity: [allow(), deny({ Condition: { Bool: { "aws:SecureTransport": false } } })],
    gives: "explicitDeny",
  },
  "IpAddress takes a range": { identity: when({ IpAddress: { "aws:SourceIp": "10.0.0.0/8" } }), gives: "allowed" },
  "IpAddress knows what is outside": {
    identity: when({ IpAddress: { "aws:SourceIp": "10.2.0.0/16" } }),
    gives: "implicitDeny",
  },
  "IpAddress takes IPv6": {
    identity: when({ IpAddress: { "aws:SourceIp": ["203.0.113.0/24", "2001:DB8:1234:5678::/64"] } }),
    from: { sourceIp: "2001:db8:1234:5678::9" },
    gives: "allowed",
  },
  "IpAddress sees IPv4 within IPv6": {
    identity: when({ IpAddress: { "aws:SourceIp": "10.0.0.0/8" } }),
    from: { sourceIp: "::ffff:10.9.9.9" },
    gives: "allowed",
  },
  "NotIpAddress denies from elsewhere [guide]": {
    identity: [allow(), deny({ Condition: { NotIpAddress: { "aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"] } } })],
    gives: "explicitDeny",
  },
  "DateLessThan compares ISO times": {
    identity: when({ DateLessThan: { "aws:CurrentTime": "2020-09-01T12:00:01Z" } }),
    gives: "allowed",
  },
  "DateGreaterThan compares seconds since 1970": {
    identity: when({ DateGreaterThan: { "aws:EpochTime": "1598961601" } }),
    gives: "implicitDeny",
  },
  "a session older than a revocation is denied [guide]": {
    who: session,
    identity: [allow(), deny({ Condition: { DateLessThan: { "aws:TokenIssueTime": "2020-09-01T11:30:00Z" } } })],
    gives: "explicitDeny",
  },
  "NumericLessThanEquals compares numbers, not text": {
    identity: when({ NumericLessThanEquals: { "s3:max-keys": "10" } }),
    conditions: { "s3:max-keys": "9" },
    gives: "allowed",
  },
  "NumericLessThanEquals refuses what is no number": {
    identity: when({ NumericLessThanEquals: { "s3:max-keys": "10" } }),
    conditions: { "s3:max-keys": "few" },
    gives: "implicitDeny",
  },
  "Null true asks for absence [guide]": {
    identity: when({ Null: { "aws:TokenIssueTime": "true" } }),
    gives: "allowed",
  },
  "Null false asks for presence [guide]": {
    identity: when({ Null: { "aws:TokenIssueTime": "false" } }),
    gives: "implicitDeny",
  },
  "BinaryEquals compares the encoded bytes": {
    identity: when({ BinaryEquals: { "x:key": "QmluYXJ5" } }),
    conditions: { "x:key": "QmluYXJ5" },
    gives: "allowed",
  },
  "ArnLike matches part by part": {
    identity: when({ ArnLike: { "aws:SourceArn": "arn:aws:sagemaker:*:123456789012:training-job/*" } }),
    conditions: { "aws:SourceArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/a" },
    gives: "allowed",
  },
  "ArnLike does not reach over a colon": {
    identity: when({ ArnLike: { "aws:SourceArn": "arn:aws:sagemaker:*:training-job/a" } }),
    conditions: { "aws:SourceArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/a" },
    gives: "implicitDeny",
  },
  "ArnNotLike refuses what matches": {
    identity: when({ ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::*:user/team/*" } }),
    gives: "implicitDeny",
  },
  "ForAllValues asks every value": {
    identity: when({ "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b"] } }),
    conditions: { "aws:TagKeys": ["a", "c"] },
    gives: "implicitDeny",
  },
  "ForAllValues holds when the key is absent [guide]": {
    identity: when({ "ForAllValues:StringEquals": { "aws:TagKeys": ["a"] } }),
    gives: "allowed",
  },
  "ForAnyValue asks one value": {
    identity: when({ "ForAnyValue:StringLike": { "aws:TagKeys": ["c*"] } }),
    conditions: { "aws:TagKeys": ["a", "cost"] },
    gives: "allowed",
  },
  "ForAnyValue fails when the key is absent [guide]": {
    identity: when({ "ForAnyValue:StringLike": { "aws:TagKeys": "*" } }),
    gives: "implicitDeny",
  },
  "a boundary that does not allow limits": {
    identity: allow(),
    boundary: allow({ Action: "ec2:*" }),
    gives: "implicitDeny",
  },
  "a boundary grants nothing by itself": { boundary: allow(), gives: "implicitDeny" },
  "identity and boundary together allow": { identity: allow(), boundary: allow({ Action: "s3:*" }), gives: "allowed" },
  "a session policy limits": {
    who: session,
    identity: allow(),
    session: allow({ Action: "ec2:*" }),
    gives: "implicitDeny",
  },
  "a bucket policy that names the user allows": { resource: allow({ Principal: ANN }), gives: "allowed" },
  "a bucket policy that names the account leaves it to the account": {
    resource: allow({ Principal: ACCOUNT }),
    gives: "implicitDeny",
  },
  "a bucket policy for everyone allows": { resource: allow({ Principal: "*" }), gives: "allowed" },
  "a bucket policy that names another does not matter": {
    resource: allow({ Principal: { AWS: "arn:aws:iam::123456789012:user/bob" } }),
    gives: "implicitDeny",
  },
  "a bucket policy's deny wins": { identity: allow(), resource: deny({ Principal: "*" }), gives: "explicitDeny" },
  "NotPrincipal denies the others": {
    identity: allow(),
    resource: deny({ NotPrincipal: { AWS: "arn:aws:iam::123456789012:user/bob" } }),
    gives: "explicitDeny",
  },
  "NotPrincipal spares the named": { identity: allow(), resource: deny({ NotPrincipal: ANN }), gives: "allowed" },
  "a grant to the role is limited by the session policy": {
    who: session,
    session: allow({ Action: "ec2:*" }),
    resource: allow({ Principal: { AWS: session.roleArn } }),
    gives: "implicitDeny",
  },
  "a grant to the session is not": {
    who: session,
    session: allow({ Action: "ec2:*" }),
    resource: allow({ Principal: { AWS: session.arn } }),
    gives: "allowed",
  },
  "another account's resource needs both sides": { identity: allow(), owner: "999999999999", gives: "implicitDeny" },
  "another account's resource with both sides": {
    identity: allow(),
    resource: allow({ Principal: ACCOUNT }),
    owner: "999999999999",
    gives: "allowed",
  },
  "another account's grant alone is not enough": {
    resource: allow({ Principal: ANN }),
    owner: "999999999999",
    gives: "implicitDeny",
  },
  "a role is not assumed without its trust": {
    identity: allow(),
    resource: { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" },
    action: "sts:AssumeRole",
    on: "arn:aws:iam::123456789012:role/R",
    gives: "implicitDeny",
  },
  "a trust in the account needs the caller's own permission": {
    resource: { Effect: "Allow", Principal: ACCOUNT, Action: "sts:AssumeRole" },
    action: "sts:AssumeRole",
    on: "arn:aws:iam::123456789012:role/R",
    gives: "implicitDeny",
  },
  "an external id is asked for": {
    resource: {
      Effect: "Allow",
      Principal: ANN,
      Action: "sts:AssumeRole",
      Condition: { StringEquals: { "sts:ExternalId": "42" } },
    },
    action: "sts:AssumeRole",
    conditions: { "sts:ExternalId": "41" },
    gives: "implicitDeny",
  },
  "a service is trusted by name": {
    who: service,
    resource: {
      Effect: "Allow",
      Principal: { Service: ["ec2.amazonaws.com", "sagemaker.amazonaws.com"] },
      Action: "sts:AssumeRole",
    },
    action: "sts:AssumeRole",
    gives: "allowed",
  },
  "root may do everything in its account": { who: root, gives: "allowed" },
  "a key's policy is needed beside an identity policy [guide]": {
    identity: allow(),
    resource: [],
    action: "kms:Decrypt",
    gives: "implicitDeny",
  },
  "a key's policy that names the account hands over to identity policies [guide]": {
    identity: allow(),
    resource: allow({ Principal: ACCOUNT }),
    action: "kms:Decrypt",
    gives: "allowed",
  },
  "a key's policy that names the account gives nobody anything [guide]": {
    resource: allow({ Principal: ACCOUNT }),
    action: "kms:Decrypt",
    gives: "implicitDeny",
  },
  "a key's policy that names the caller is enough [guide]": {
    resource: allow({ Principal: ANN }),
    action: "kms:Decrypt",
    gives: "allowed",
  },
  "root needs to be named by a key's policy [guide]": {
    who: root,
    resource: allow({ Principal: ANN }),
    action: "kms:Decrypt",
    gives: "implicitDeny",
  },
};

for (const [sentence, one] of Object.entries(cases)) {
  test(sentence, () => {
    assert.equal(run(one).decision.outcome, one.gives);
  });
}

const who =
  "User: arn:aws:iam::123456789012:user/team/ann is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::bucket/key";
const texts: Readonly<Record<string, readonly [Case, string]>> = {
  "a missing allow is explained": [
    { gives: "implicitDeny" },
    `${who} because no identity-based policy allows the s3:GetObject action`,
  ],
  "an explicit deny names its layer": [
    { identity: deny(), gives: "explicitDeny" },
    `${who} with an explicit deny in an identity-based policy`,
  ],
  "a boundary is named": [
    { identity: allow(), boundary: allow({ Action: "ec2:*" }), gives: "implicitDeny" },
    `${who} because no permissions boundary allows the s3:GetObject action`,
  ],
  "a role's trust is named": [
    { identity: allow(), resource: [], action: "sts:AssumeRole", on: "arn:aws:iam::1:role/R", gives: "implicitDeny" },
    "User: arn:aws:iam::123456789012:user/team/ann is not authorized to perform: sts:AssumeRole on resource: " +
      "arn:aws:iam::1:role/R because no role trust policy allows the sts:AssumeRole action",
  ],
  "a bucket policy's deny is named": [
    { identity: allow(), resource: deny({ Principal: "*" }), gives: "explicitDeny" },
    `${who} with an explicit deny in a resource-based policy`,
  ],
};

for (const [sentence, [one, text]] of Object.entries(texts)) {
  test(sentence, () => {
    assert.equal(run(one).text, text);
  });
}
