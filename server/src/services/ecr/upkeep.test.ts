// What goes by itself and what stays, over real rows and blobs and times that are given.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { digestOf, manifestTypes } from "../../engine/images/oci/manifest.ts";
import { openFolderBlobs } from "../../store/blobs/folder/open.ts";
import { openSqliteRows } from "../../store/rows/sqlite/open.ts";
import { findImage, putImage, removeImage } from "./shared/images.ts";
import { findLayer, mountLayer } from "./shared/layers.ts";
import { type EcrContext, type RepositoryName, repositoryKey, uploadKey } from "./shared/model.ts";
import { addToUpload, beginUpload, completeUpload, requireUpload } from "./shared/uploads.ts";
import { tendLayers } from "./upkeep.ts";

const START = Date.parse("2020-09-01T12:00:00Z");
const DAY_MS = 24 * 3_600_000;
const one: RepositoryName = { account: "123456789012", region: "us-east-1", repository: "one" };
const two: RepositoryName = { ...one, repository: "two" };

/** Both repositories, empty, at a time that the test moves. */
async function aRegistry(t: TestContext): Promise<EcrContext & { at: number }> {
  const folder = await mkdtemp(join(tmpdir(), "ecr-"));
  t.after(() => rm(folder, { recursive: true }));
  const registry = { at: START };
  const clock = { now: () => registry.at, at: () => () => undefined };
  const rows = await openSqliteRows({ file: join(folder, "rows.sqlite"), clock });
  t.after(() => rows.close());
  const blobs = await openFolderBlobs({
    folder: join(folder, "blobs"),
    rows,
    clock,
    reserveBytes: 0,
    report: assert.ifError,
  });
  t.after(() => blobs.close());
  const document = { tagMutability: "MUTABLE", scanOnPush: false, encryptionType: "AES256", tags: {} };
  const times = { status: "", createdAt: START, modifiedAt: START };
  await rows.commit({ put: [one, two].map((name) => ({ ...repositoryKey(name), ...times, document })) });
  return Object.assign(registry, {
    ...{ rows, blobs, clock },
    policies: { resourcePolicy: () => undefined },
    sealingKey: randomBytes(32),
  });
}

async function* piece(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function push(context: EcrContext, of: RepositoryName, bytes: Buffer): Promise<string> {
  const upload = await requireUpload(context, of, await beginUpload(context, of));
  const signal = new AbortController().signal;
  await completeUpload(context, of, await addToUpload(context, of, upload, piece(bytes), signal), digestOf(bytes));
  return digestOf(bytes);
}

const manifestOf = (layer: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestTypes.image[0],
      config: { mediaType: "c", digest: layer, size: 1 },
      layers: [],
    }),
  );

const large = () => randomBytes(40_000);

test("a layer stays as long as an image of its repository names it, and goes a day after the last", async (t) => {
  const registry = await aRegistry(t);
  const layer = await push(registry, one, large());
  const { name } = await putImage(registry, one, { bytes: manifestOf(layer), tag: "v1" });
  registry.at += 30 * DAY_MS;
  await tendLayers(registry, registry.at);
  const image = await findImage(registry, one, name);
  assert.ok(image && (await findLayer(registry, one, layer)));
  await removeImage(registry, one, image);
  await tendLayers(registry, registry.at);
  assert.equal(await findLayer(registry, one, layer), undefined);
  registry.at += DAY_MS;
  assert.equal(await registry.blobs.collect(), 1);
});

test("a layer that was pushed and is not named yet waits a day for its image", async (t) => {
  const registry = await aRegistry(t);
  const layer = await push(registry, one, large());
  await tendLayers(registry, START + DAY_MS - 1);
  assert.ok(await findLayer(registry, one, layer));
  await tendLayers(registry, START + DAY_MS);
  assert.equal(await findLayer(registry, one, layer), undefined);
});

test("a layer of two repositories is kept once, and stays for the one that names it", async (t) => {
  const registry = await aRegistry(t);
  const layer = await push(registry, one, large());
  assert.ok(await mountLayer(registry, one, two, layer));
  assert.equal(await push(registry, two, large()).then(() => true), true);
  await putImage(registry, two, { bytes: manifestOf(layer), tag: "v1" });
  await registry.rows.commit({ remove: [repositoryKey(one)] });
  await tendLayers(registry, START + 2 * DAY_MS);
  assert.equal(await findLayer(registry, one, layer), undefined);
  assert.ok(await findLayer(registry, two, layer));
});

test("bytes of a layer that the account has are kept once", async (t) => {
  const registry = await aRegistry(t);
  const bytes = large();
  await push(registry, one, bytes);
  await push(registry, two, bytes);
  registry.at += DAY_MS;
  assert.equal(await registry.blobs.collect(), 1);
});

test("an upload that nobody goes on with is gone after a day", async (t) => {
  const registry = await aRegistry(t);
  const id = await beginUpload(registry, one);
  const signal = new AbortController().signal;
  await addToUpload(registry, one, await requireUpload(registry, one, id), piece(large()), signal);
  await tendLayers(registry, START + DAY_MS - 1);
  assert.ok(await registry.rows.get(uploadKey(one, id)));
  await tendLayers(registry, START + DAY_MS);
  assert.equal(await registry.rows.get(uploadKey(one, id)), undefined);
  registry.at += DAY_MS;
  assert.equal(await registry.blobs.collect(), 1);
});

test("two pushes of one tag at once leave the tag at one of them", async (t) => {
  const registry = await aRegistry(t);
  const layers = await Promise.all([push(registry, one, large()), push(registry, one, large())]);
  const pushed = await Promise.all(
    layers.map((layer) => putImage(registry, one, { bytes: manifestOf(layer), tag: "v1" })),
  );
  const images = await Promise.all(pushed.map(({ name }) => findImage(registry, one, name)));
  assert.equal(images.filter((image) => image?.document.tags.includes("v1")).length, 1);
});
