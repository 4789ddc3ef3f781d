import { deepStrictEqual } from "node:assert/strict";
import { test } from "node:test";
import type { CORSRule } from "../../../../../contract/s3/types.ts";
import { allowance, type CrossOriginRequest } from "./rules.ts";

const site = "https://app.example.com";
const rule = (more: Partial<CORSRule> = {}): CORSRule => ({
  AllowedOrigins: [site],
  AllowedMethods: ["GET", "PUT"],
  ...more,
});

const cases: Readonly<Record<string, readonly [readonly CORSRule[], Partial<CrossOriginRequest>, string | undefined]>> =
  {
    "an origin that is named is let in": [[rule()], {}, site],
    "another port is another origin": [[rule()], { origin: `${site}:8443` }, undefined],
    "everybody is let in by a star": [[rule({ AllowedOrigins: ["*"] })], { origin: "http://any" }, "*"],
    "a star in an origin stands for any part": [
      [rule({ AllowedOrigins: ["http://*.origin.com"] })],
      { origin: "http://test.origin.com" },
      "http://test.origin.com",
    ],
    "what stands before and after the star may not overlap": [
      [rule({ AllowedOrigins: ["http://a*a.com"] })],
      { origin: "http://a.com" },
      undefined,
    ],
    "a method that is not named is not let in": [[rule()], { method: "DELETE" }, undefined],
    "headers are not let in without being named": [[rule()], { headers: ["x-amz-acl"] }, undefined],
    "headers are named without regard to case": [
      [rule({ AllowedHeaders: ["X-Amz-ACL"] })],
      { headers: ["x-amz-acl"] },
      site,
    ],
    "every header has to be named": [
      [rule({ AllowedHeaders: ["x-amz-*"] })],
      { headers: ["x-amz-acl", "authorization"] },
      undefined,
    ],
    "a later rule may let in what an earlier one does not": [
      [rule({ AllowedMethods: ["GET"] }), rule({ AllowedOrigins: ["*"], AllowedMethods: ["DELETE"] })],
      { method: "DELETE" },
      "*",
    ],
  };

for (const [sentence, [rules, request, origin]] of Object.entries(cases)) {
  test(sentence, () => {
    const headers = allowance(rules, { origin: site, method: "GET", headers: [], ...request });
    deepStrictEqual(headers?.["Access-Control-Allow-Origin"], origin);
  });
}

test("the answer says all that the rule does", () => {
  const full = rule({ AllowedHeaders: ["*"], ExposeHeaders: ["ETag", "x-amz-request-id"], MaxAgeSeconds: 3000 });
  deepStrictEqual(allowance([full], { origin: site, method: "PUT", headers: ["content-md5", "x-amz-acl"] }), {
    "Access-Control-Allow-Origin": site,
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Allow-Methods": "GET, PUT",
    "Access-Control-Allow-Headers": "content-md5, x-amz-acl",
    "Access-Control-Expose-Headers": "ETag, x-amz-request-id",
    "Access-Control-Max-Age": "3000",
    Vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  });
});
