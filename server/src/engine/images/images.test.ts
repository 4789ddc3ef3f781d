// Which names a registry of the settings is asked for.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createImages } from "./images.ts";

const images = createImages({
  variables: {},
  progress: () => undefined,
  pushed: { look: async () => undefined, open: () => Promise.reject(new Error("Nothing was pushed.")) },
  registries: { "registry.example": { username: "ann", password: "secret" } },
  install: () => Promise.reject(new Error("Nothing is installed.")),
});
const problemOf = async (uri: string) =>
  (await images.look(uri, { account: "123456789012", region: "us-east-1" })).problem;

describe("a registry that the settings name is asked for images, and for nothing else", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  const asked = ["registry.example/app", "registry.example/team/app:v1", `registry.example/team/app:v1@${digest}`];
  for (const uri of asked) test(uri, async () => assert.equal(await problemOf(uri), undefined));
  const refused: Readonly<Record<string, string>> = {
    "a path that leads elsewhere": "registry.example/team/../../api/users:v1",
    "a query": "registry.example/api/users?page=1:v1",
    "a tag that leads elsewhere": "registry.example/app:../../../api/users",
    "a tag with a query": "registry.example/app:v1?x",
    "a digest that is none": "registry.example/app@../tags/list",
    "an empty part": "registry.example/team//app",
  };
  for (const [what, uri] of Object.entries(refused))
    test(`not for ${what}`, async () => assert.match((await problemOf(uri)) ?? "", /is no name of an image: expected/));
});
