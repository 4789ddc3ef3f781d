// Names of images, read as Docker reads them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ecrPlace, parseReference, wantedOf } from "./reference.ts";
import { placeIn } from "./registry.ts";

const digest = `sha256:${"0".repeat(64)}`;

describe("a name is asked of a registry, by repository and tag or digest", () => {
  const cases: Record<string, [name: string, host: string, repository: string, wanted: string]> = {
    "Docker's own, short": ["busybox:1.36", "docker.io", "library/busybox", "1.36"],
    "Docker's own, of a user": ["ann/model", "docker.io", "ann/model", "latest"],
    "another registry's": ["ghcr.io/team/app:v1", "ghcr.io", "team/app", "v1"],
    "with a port": ["localhost:5000/app", "localhost:5000", "app", "latest"],
    "a digest wins over the tag": [`ghcr.io/app:v1@${digest}`, "ghcr.io", "app", digest],
  };
  for (const [what, [name, host, repository, wanted]] of Object.entries(cases))
    test(what, () => {
      const reference = parseReference(name);
      assert.deepEqual({ ...placeIn(reference), wanted: wantedOf(reference) }, { host, repository, wanted });
    });
});

describe("a registry of ECR has an account and a region", () => {
  const cases: Record<string, [string | undefined, ReturnType<typeof ecrPlace>]> = {
    "in most regions": [
      "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
      { account: "123456789012", region: "eu-west-1" },
    ],
    "in China": ["123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", { account: "123456789012", region: "cn-north-1" }],
    "not elsewhere": ["123456789012.dkr.ecr.example.com", undefined],
    "not without a registry": [undefined, undefined],
  };
  for (const [what, [registry, place]] of Object.entries(cases))
    test(what, () => assert.deepEqual(ecrPlace(registry), place));
});
