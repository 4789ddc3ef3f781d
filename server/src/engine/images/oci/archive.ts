// An OCI image layout as one tar file (OCI image specification 1.1): what docker load, podman, skopeo and a cluster read.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Pack, pack } from "tar-stream";
import { describe, type LayerEntry } from "./root.ts";

const types = {
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  config: "application/vnd.oci.image.config.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
};

export interface Layer {
  /** Gzipped tar on this machine. */
  readonly file: string;
  readonly digest: string;
  readonly sizeBytes: number;
  /** Digest of the tar before gzip. */
  readonly diffId: string;
}

/** Writes entries as a gzipped tar, owned by root, parents before what lies below them; the first of two equal paths counts. */
export async function writeLayer(entries: readonly LayerEntry[], file: string): Promise<Layer> {
  const tar = pack();
  const diff = createHash("sha256");
  const compressed = createHash("sha256");
  const filling = fill(tar, entries);
  const flowing = pipeline(
    tar,
    tap((chunk) => diff.update(chunk)),
    createGzip({ level: 6 }),
    tap((chunk) => compressed.update(chunk)),
    createWriteStream(file),
  );
  await Promise.all([filling, flowing]);
  const { size } = await stat(file);
  return { file, digest: compressed.digest("hex"), sizeBytes: size, diffId: diff.digest("hex") };
}

async function fill(tar: Pack, entries: readonly LayerEntry[]): Promise<void> {
  const known = new Set<string>();
  const byPath = [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  for (const entry of byPath) {
    for (const folder of foldersAbove(entry.path)) addFolder(tar, folder, known);
    if (known.has(entry.path)) continue;
    if (entry.link !== undefined) {
      known.add(entry.path);
      tar.entry({ name: entry.path, type: "symlink", linkname: entry.link, mode: 0o777 });
    } else if (entry.source === undefined) addFolder(tar, entry.path, known, entry.mode);
    else {
      known.add(entry.path);
      await addFile(tar, { ...entry, source: entry.source });
    }
  }
  tar.finalize();
}

function addFolder(tar: Pack, path: string, known: Set<string>, mode = 0o755): void {
  if (known.has(path)) return;
  known.add(path);
  tar.entry({ name: `${path}/`, type: "directory", mode });
}

async function addFile(tar: Pack, entry: LayerEntry & { readonly source: string }): Promise<void> {
  // The time stays that of the source: byte code names the time of the file that it was compiled from.
  const { size, mode, mtime } = await describe(entry);
  await pipeline(createReadStream(entry.source), tar.entry({ name: entry.path, type: "file", size, mode, mtime }));
}

function foldersAbove(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function tap(see: (chunk: Buffer) => void): PassThrough {
  const through = new PassThrough();
  through.on("data", see);
  return through;
}

export interface ImageDescription {
  /** `xgboost:latest`, what the image is called once it is loaded. */
  readonly name: string;
  readonly architecture: "amd64" | "arm64";
  readonly config: Readonly<Record<string, unknown>>;
  readonly created: string;
}

/** Writes the archive beside its place and moves it there when it is whole. */
export async function writeArchive(layers: readonly Layer[], image: ImageDescription, outFile: string): Promise<void> {
  const config = json({
    architecture: image.architecture,
    os: "linux",
    created: image.created,
    config: image.config,
    rootfs: { type: "layers", diff_ids: layers.map((layer) => `sha256:${layer.diffId}`) },
    history: layers.map(() => ({ created: image.created, created_by: "sagebrush images build" })),
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptor(types.config, config),
    layers: layers.map(({ digest, sizeBytes }) => ({
      mediaType: types.layer,
      digest: `sha256:${digest}`,
      size: sizeBytes,
    })),
  });
  const index = json({
    schemaVersion: 2,
    mediaType: types.index,
    manifests: [
      { ...descriptor(types.manifest, manifest), annotations: { "org.opencontainers.image.ref.name": image.name } },
    ],
  });
  const beside = `${outFile}.${process.pid}.tmp`;
  try {
    const tar = pack();
    const filling = fillArchive(
      tar,
      { "oci-layout": json({ imageLayoutVersion: "1.0.0" }), "index.json": index },
      [config, manifest],
      layers,
    );
    await Promise.all([filling, pipeline(tar, createWriteStream(beside))]);
    await rename(beside, outFile);
  } finally {
    await rm(beside, { force: true });
  }
}

async function fillArchive(
  tar: Pack,
  named: Readonly<Record<string, Buffer>>,
  documents: readonly Buffer[],
  layers: readonly Layer[],
): Promise<void> {
  for (const [name, content] of Object.entries(named)) tar.entry({ name }, content);
  for (const folder of ["blobs/", "blobs/sha256/"]) tar.entry({ name: folder, type: "directory", mode: 0o755 });
  for (const document of documents) tar.entry({ name: `blobs/sha256/${sha256(document)}` }, document);
  for (const { file, digest, sizeBytes } of layers) {
    await pipeline(createReadStream(file), tar.entry({ name: `blobs/sha256/${digest}`, size: sizeBytes }));
  }
  tar.finalize();
}

function descriptor(mediaType: string, content: Buffer) {
  return { mediaType, digest: `sha256:${sha256(content)}`, size: content.length };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
