// Documents that AWS refuses, and in which words. Source: answers of AWS kept in moto's
// tests/test_iam/test_iam_policies.py; the documents here are our own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../core/errors.ts";
import { checkIdentityPolicy, checkTrustPolicy } from "./validate.ts";

const statement = (more: object = {}) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*", ...more }],
});
const twice = (id: string) => {
  const [one] = statement({ Sid: id }).Statement;
  return { Version: "2012-10-17", Statement: [one, one] };
};

const SYNTAX = "Syntax errors in policy.";
const LEGACY = "The policy failed legacy parsing";
const OLD = "Policy document must be version 2012-10-17 or greater.";

const refused: Readonly<Record<string, readonly [document: unknown, message: string]>> = {
  "text that is no JSON": ["no json", SYNTAX],
  "a list": [[], SYNTAX],
  "no statement": [{ Version: "2012-10-17", Statement: [] }, SYNTAX],
  "no version": [{ ...statement(), Version: undefined }, OLD],
  "the old version": [{ ...statement(), Version: "2008-10-17" }, OLD],
  "an unknown version": [{ ...statement(), Version: "2013-10-17" }, SYNTAX],
  "an unknown element": [statement({ Extra: 1 }), SYNTAX],
  "a principal": [statement({ Principal: "*" }), SYNTAX],
  "an unknown effect": [statement({ Effect: "Perhaps" }), SYNTAX],
  "an effect in lower case": [statement({ Effect: "allow" }), LEGACY],
  "Action beside NotAction": [statement({ NotAction: "s3:*" }), SYNTAX],
  "Resource beside NotResource": [statement({ NotResource: "*" }), SYNTAX],
  "an unknown operator": [statement({ Condition: { StringAlike: { a: "b" } } }), SYNTAX],
  "an object as a condition's value": [statement({ Condition: { StringEquals: { a: {} } } }), SYNTAX],
  "a date that is none": [statement({ Condition: { DateLessThan: { "aws:CurrentTime": "soon" } } }), LEGACY],
  "one id twice": [twice("a"), "Statement IDs (SID) in a single policy must be unique."],
  "an id of more than letters and digits": [
    statement({ Sid: "Allow all" }),
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
  ],
  "no action": [statement({ Action: [] }), "Policy statement must contain actions."],
  "no resource": [statement({ Resource: [] }), "Policy statement must contain resources."],
  "an action without a service": [
    statement({ Action: "GetObject" }),
    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
  ],
  "an action with two colons": [
    statement({ Action: "s3:Get:Object" }),
    "Actions/Condition can contain only one colon.",
  ],
  "a service that is none": [statement({ Action: "s 3:GetObject" }), "Vendor s 3 is not valid"],
  "a resource that is no ARN": [statement({ Resource: "bucket" }), 'Resource bucket must be in ARN format or "*".'],
  "an unknown partition": [
    statement({ Resource: "arn:moon:s3:::b" }),
    'Partition "moon" is not valid for resource "arn:moon:s3:::b".',
  ],
  "an ARN that is cut": [statement({ Resource: "arn:aws:s3::b" }), LEGACY],
  "a bucket with a region": [
    statement({ Resource: "arn:aws:s3:us-east-1::b" }),
    "Resource arn:aws:s3:us-east-1::b can not contain region information.",
  ],
  "a role with a region": [
    statement({ Resource: "arn:aws:iam:us-east-1:123456789012:role/r" }),
    "IAM resource arn:aws:iam:us-east-1:123456789012:role/r cannot contain region information.",
  ],
};

const malformed = (message: string) => (cause: unknown) => {
  assert.ok(cause instanceof ApiError);
  assert.deepEqual([cause.code, cause.status, cause.message], ["MalformedPolicyDocument", 400, message]);
  return true;
};
const textOf = (document: unknown) => (typeof document === "string" ? document : JSON.stringify(document));

for (const [sentence, [document, message]] of Object.entries(refused)) {
  test(`${sentence} is refused`, () => {
    assert.throws(() => checkIdentityPolicy(textOf(document)), malformed(message));
  });
}

const taken: Readonly<Record<string, unknown>> = {
  "one statement without a list": { Version: "2012-10-17", Statement: statement().Statement[0] },
  everything: statement({ Action: "*", Resource: "*" }),
  "empty ids twice": twice(""),
  "a boolean without quotes": statement({ Condition: { Bool: { "aws:SecureTransport": true } } }),
  "an access point with a region": statement({ Resource: "arn:aws:s3:us-west-2:123456789012:accesspoint/p" }),
  "a date in seconds": statement({ Condition: { DateLessThan: { "aws:EpochTime": "1600000000" } } }),
};
for (const [sentence, document] of Object.entries(taken)) {
  test(`${sentence} is taken`, () => {
    checkIdentityPolicy(textOf(document));
  });
}

const trust = (more: object = {}) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole", ...more }],
});
const refusedTrusts: Readonly<Record<string, readonly [document: unknown, message: string]>> = {
  "text that is no JSON": ["{", "This policy contains invalid Json"],
  "a resource": [trust({ Resource: "*" }), "Has prohibited field Resource"],
  "another action": [trust({ Action: "s3:*" }), "AssumeRole policy may only specify STS AssumeRole actions."],
  "no principal": [trust({ Principal: undefined }), "Missing required field Principal"],
  "a principal that is none": [
    trust({ Principal: { AWS: "somebody" } }),
    'Invalid principal in policy: "AWS":"somebody"',
  ],
};
for (const [sentence, [document, message]] of Object.entries(refusedTrusts)) {
  test(`${sentence} in a trust policy is refused`, () => {
    assert.throws(() => checkTrustPolicy(textOf(document)), malformed(message));
  });
}

test("a trust policy names services, accounts, roles and users", () => {
  const names = ["123456789012", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:role/path/R", "*"];
  checkTrustPolicy(textOf(trust({ Principal: { AWS: names, Service: ["sagemaker.amazonaws.com"] } })));
});
