import assert from "node:assert/strict";
import { test } from "node:test";
import { isPublicStatement, type Statement } from "./public-access.ts";

const allowing = (Principal: unknown, Condition?: unknown): Statement => ({
  Effect: "Allow",
  Principal,
  Action: "s3:PutObject",
  Resource: "*",
  ...(Condition === undefined ? {} : { Condition }),
});

/** After the examples of the guide, "The meaning of public", and around them. */
const cases: Readonly<Record<string, readonly [statement: Statement, isPublic: boolean]>> = {
  "everyone is let in": [allowing("*"), true],
  "every account is let in": [allowing({ AWS: "*" }), true],
  "one of the principals is everyone": [allowing({ AWS: ["arn:aws:iam::123456789012:root", "*"] }), true],
  "whom an identity provider knows": [allowing({ Federated: "graph.facebook.com" }), true],
  "all but one are let in": [{ ...allowing(undefined), NotPrincipal: { AWS: "arn:aws:iam::123456789012:root" } }, true],
  "an account is let in": [allowing({ AWS: "arn:aws:iam::123456789012:root" }), false],
  "a service is let in": [allowing({ Service: "cloudtrail.amazonaws.com" }), false],
  "everyone is kept out": [{ ...allowing("*"), Effect: "Deny" }, false],
  "everyone of some network": [allowing("*", { StringLike: { "aws:SourceVpc": "vpc-*" } }), true],
  "everyone of one network": [allowing("*", { StringEquals: { "aws:SourceVpc": "vpc-91237329" } }), false],
  "everyone of one network, or of none": [
    allowing("*", { StringEqualsIfExists: { "aws:SourceVpc": "vpc-91237329" } }),
    true,
  ],
  "everyone but one network": [allowing("*", { StringNotEquals: { "aws:SourceVpc": "vpc-91237329" } }), true],
  "one of two networks is any": [allowing("*", { StringLike: { "aws:SourceVpc": ["vpc-1", "vpc-*"] } }), true],
  "everyone of half the internet": [allowing("*", { IpAddress: { "aws:SourceIp": "0.0.0.0/1" } }), true],
  "everyone of some addresses": [
    allowing("*", { IpAddress: { "aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"] } }),
    false,
  ],
  "everyone of a wide range of the new addresses": [
    allowing("*", { IpAddress: { "aws:SourceIp": "2001::/16" } }),
    true,
  ],
  "everyone of an organisation": [allowing("*", { StringEquals: { "aws:PrincipalOrgID": "o-1234567890" } }), false],
  "everyone who did not sign, by their account": [
    allowing("*", { StringEquals: { "aws:PrincipalAccount": "" } }),
    true,
  ],
  "everyone who did not sign, by their id": [allowing("*", { StringEquals: { "aws:userid": "anonymous" } }), true],
  "whoever has a tag": [allowing("*", { StringEquals: { "aws:PrincipalTag/team": "red" } }), true],
  "everyone through access points of an account": [
    allowing("*", { ArnLike: { "s3:DataAccessPointArn": "arn:aws:s3:us-west-2:123456789012:accesspoint/*" } }),
    false,
  ],
  "a value that the request fills": [
    allowing("*", { StringEquals: { "aws:SourceArn": "$" + "{aws:PrincipalTag/x}" } }),
    true,
  ],
};

for (const [name, [statement, isPublic]] of Object.entries(cases))
  test(`public: ${name}`, () => assert.equal(isPublicStatement(statement), isPublic));
