// Manifests and configurations that are taken, and what is said of others.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { manifestTypes, readImageConfig, readManifest } from "./manifest.ts";

const digest = `sha256:${"a".repeat(64)}`;
const descriptor = { mediaType: "application/x", digest, size: 3 };
const image = { schemaVersion: 2, config: descriptor, layers: [descriptor] };
const bytes = (document: unknown) => Buffer.from(JSON.stringify(document));

test("a manifest without a media type is what came with it, or what it looks like", () => {
  assert.equal(readManifest(bytes(image), manifestTypes.image[1]).mediaType, manifestTypes.image[1]);
  assert.equal(readManifest(bytes(image)).mediaType, manifestTypes.image[0]);
  assert.equal(readManifest(bytes({ schemaVersion: 2, manifests: [] })).mediaType, manifestTypes.index[0]);
});

describe("is refused as a manifest", () => {
  const cases: Record<string, [unknown, string | undefined, RegExp]> = {
    "a list": [[], undefined, /not a JSON object/],
    "schema 1": [{ schemaVersion: 1 }, undefined, /schemaVersion 2/],
    "one that came as something else": [
      { ...image, mediaType: manifestTypes.image[0] },
      manifestTypes.index[0],
      /came as/,
    ],
    "one of a type nobody takes": [{ ...image, mediaType: "text/plain" }, undefined, /text\/plain are not taken/],
    "one without layers": [{ ...image, layers: undefined }, undefined, /no list "layers"/],
    "one with another digest": [{ ...image, config: { ...descriptor, digest: "md5:00" } }, undefined, /sha256/],
    "one with a size that is none": [{ ...image, config: { ...descriptor, size: -1 } }, undefined, /size in bytes/],
  };
  for (const [what, [document, given, text]] of Object.entries(cases))
    test(what, () => assert.throws(() => readManifest(bytes(document), given), text));
});

const config = { os: "linux", architecture: "amd64", rootfs: { diff_ids: [digest] } };

test("a configuration says how a container is started; what it leaves out is as Docker has it", () => {
  assert.deepEqual(readImageConfig(bytes(config)), {
    platform: { os: "linux", architecture: "amd64" },
    entrypoint: [],
    command: [],
    environment: {},
    workingDirectory: "/",
    user: "",
    diffIds: [digest],
  });
  const told = { Entrypoint: ["a"], Cmd: null, Env: ["A=1=2", "B"], WorkingDir: "/w", User: "me" };
  const { entrypoint, command, environment, workingDirectory, user } = readImageConfig(
    bytes({ ...config, config: told }),
  );
  assert.deepEqual(
    [entrypoint, command, environment, workingDirectory, user],
    [["a"], [], { A: "1=2", B: "" }, "/w", "me"],
  );
});

describe("is refused as a configuration", () => {
  const cases: Record<string, [object, RegExp]> = {
    "one without its layers": [{ ...config, rootfs: {} }, /diff_ids/],
    "an entry point that is a text": [{ ...config, config: { Entrypoint: "sh" } }, /"Entrypoint".*list of texts/],
    "a user that is a number": [{ ...config, config: { User: 5 } }, /"User".*must be a text/],
  };
  for (const [what, [document, text]] of Object.entries(cases))
    test(what, () => assert.throws(() => readImageConfig(bytes(document)), text));
});
