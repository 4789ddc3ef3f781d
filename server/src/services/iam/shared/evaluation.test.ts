// Statements, variables and conditions; what a refusal says.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written like this
import assert from "node:assert/strict";
import { test } from "node:test";
import { allow, bucketFor, type Case, decideCases, deny, run, session, when } from "./evaluation-cases.ts";

decideCases({
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
});

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
