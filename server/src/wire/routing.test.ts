import assert from "node:assert/strict";
import { test } from "node:test";
import { createCatalogue } from "./catalogue.ts";
import type { WireRequest } from "./request.ts";
import { routeOf } from "./routing.ts";

const catalogue = createCatalogue([{ name: "s3", iamPrefix: "s3", operations: {} }]);

const pathFor = (host: string): string =>
  routeOf({ method: "GET", rawPath: "/key", query: [], headers: {}, host } as unknown as WireRequest, catalogue).path;

const label = "a".repeat(63);
const longest = `${label}.${label}.${label}`;
const hosts: Readonly<Record<string, readonly [host: string, path: string]>> = {
  "a bucket in the host goes in front of the path": ["my.bucket.s3.amazonaws.com", "/my.bucket/key"],
  "a bucket of China's partition too": ["my.bucket.s3.cn-north-1.amazonaws.com.cn", "/my.bucket/key"],
  "the longest name that DNS has is read": [`${longest}.s3.us-east-1.amazonaws.com`, `/${longest}/key`],
  "a longer one is no host: the patterns would take seconds": [`${longest}.${label}.s3.amazonaws.com`, "/key"],
};
for (const [sentence, [host, path]] of Object.entries(hosts)) test(sentence, () => assert.equal(pathFor(host), path));
