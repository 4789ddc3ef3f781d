// A user's own images for the command line: an OCI image layout, a folder or one tar file, is pushed to the registry of
// the running server as docker would; what is there is listed and removed. OCI image specification 1.1, image-layout.md.
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { extract } from "tar-stream";
import { isDigest, type Manifest, ManifestInvalid, readManifest } from "../engine/images/oci/manifest.ts";
import { ImageTrouble, type OwnRegistry, openOwnRegistry } from "./own-registry.ts";
import type { Settings } from "./settings.ts";

/** Documents of an image are small; what is larger in their place is none. */
const LARGEST_DOCUMENT_BYTES = 4 * 2 ** 20;

interface Layout {
  /** A small file. @throws ImageTrouble */
  document(path: string): Promise<Buffer>;
  /** A blob of any size. @throws ImageTrouble */
  blob(digest: string): Promise<{ readonly bytes: Readable; readonly sizeBytes: number }>;
}

const blobPath = (digest: string): string => {
  if (!isDigest(digest)) throw new ImageTrouble(`Expected a digest sha256:<64 hex digits>, got ${digest}.`);
  return `blobs/${digest.replace(":", "/")}`;
};

async function openLayout(path: string): Promise<Layout> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts) throw new ImageTrouble(`There is nothing at ${path}.`);
  const places = facts.isDirectory() ? undefined : await placesIn(path);
  const find = async (name: string) => {
    if (places === undefined) {
      const file = join(path, name);
      const found = await stat(file).catch(() => undefined);
      return found?.isFile() ? { file, start: 0, sizeBytes: found.size } : undefined;
    }
    const place = places.get(name);
    return place && { file: path, ...place };
  };
  const require = async (name: string) => {
    const found = await find(name);
    if (!found) throw new ImageTrouble(`${path} is no OCI image: it has no ${name}.`);
    return found;
  };
  return {
    async document(name) {
      const { file, start, sizeBytes } = await require(name);
      if (sizeBytes > LARGEST_DOCUMENT_BYTES) throw new ImageTrouble(`${name} of ${path} is too large.`);
      const handle = await open(file);
      try {
        const bytes = Buffer.alloc(sizeBytes);
        await handle.read(bytes, 0, sizeBytes, start);
        return bytes;
      } finally {
        await handle.close();
      }
    },
    async blob(digest) {
      const { file, start, sizeBytes } = await require(blobPath(digest));
      const end = start + sizeBytes - 1;
      return { bytes: sizeBytes === 0 ? Readable.from([]) : createReadStream(file, { start, end }), sizeBytes };
    },
  };
}

/** Where the files of a tar lie in it, so that nothing is unpacked. @throws ImageTrouble for what is no tar */
async function placesIn(
  file: string,
): Promise<ReadonlyMap<string, { readonly start: number; readonly sizeBytes: number }>> {
  const places = new Map<string, { start: number; sizeBytes: number }>();
  const source = createReadStream(file);
  const entries = source.pipe(extract());
  try {
    for await (const entry of entries) {
      // Where its bytes begin; the library's types leave it out.
      const { name, size = 0, byteOffset = 0 } = entry.header as typeof entry.header & { readonly byteOffset?: number };
      places.set(name.replace(/^\.\//, ""), { start: byteOffset, sizeBytes: size });
      entry.resume();
    }
  } catch (cause) {
    throw new ImageTrouble(`${file} is no tar file: ${(cause as Error).message}`, { cause });
  } finally {
    source.destroy();
  }
  return places;
}

/** The one image of the layout for this machine. @throws ImageTrouble */
async function chosen(layout: Layout): Promise<{ readonly bytes: Buffer; readonly manifest: Manifest }> {
  let bytes = await layout.document("index.json");
  // An index may name an index: each step leads to one image or to a clear end.
  for (let depth = 0; depth < 3; depth += 1) {
    const manifest = readManifest(bytes);
    if (manifest.config) return { bytes, manifest };
    const architecture = process.arch === "x64" ? "amd64" : process.arch;
    const fitting = manifest.manifests.filter(
      ({ platform }) => !platform || (platform.os === "linux" && platform.architecture === architecture),
    );
    const [only, another] = fitting;
    if (!only || another)
      throw new ImageTrouble(
        `Expected one image for linux/${architecture}, got ${fitting.length} of ${manifest.manifests.length}.`,
      );
    bytes = await layout.document(blobPath(only.digest));
  }
  throw new ImageTrouble("The image's index leads to no image.");
}

/** `REPOSITORY[:TAG]`; the registry is this server's. @throws ImageTrouble */
function readName(name: string): { readonly repository: string; readonly tag: string } {
  const [, repository, tag = "latest"] = /^([a-z0-9][a-z0-9._/-]*)(?::([\w][\w.-]{0,127}))?$/.exec(name) ?? [];
  if (repository === undefined) throw new ImageTrouble(`Expected REPOSITORY:TAG such as team/model:v1, got ${name}.`);
  return { repository, tag };
}

/** Pushes a layout; makes the repository if it is missing. Gives the name that jobs take. @throws ImageTrouble */
export async function importImage(
  settings: Settings,
  path: string,
  name: string,
  progress: (line: string) => void,
): Promise<string> {
  const { repository, tag } = readName(name);
  try {
    const layout = await openLayout(path);
    const { bytes, manifest } = await chosen(layout);
    const registry = await openOwnRegistry(settings);
    const uri = await registry.ensureRepository(repository);
    for (const { digest } of [...manifest.layers, ...(manifest.config ? [manifest.config] : [])])
      await pushBlob(registry, repository, { digest, layout, progress });
    await registry.putManifest(repository, tag, bytes, manifest.mediaType);
    return `${uri}:${tag}`;
  } catch (cause) {
    throw cause instanceof ManifestInvalid ? new ImageTrouble(`${path}: ${cause.message}`, { cause }) : cause;
  }
}

async function pushBlob(
  registry: OwnRegistry,
  repository: string,
  { digest, layout, progress }: { digest: string; layout: Layout; progress: (line: string) => void },
): Promise<void> {
  if (await registry.hasBlob(repository, digest)) return progress(`${digest} is there already`);
  const { bytes, sizeBytes } = await layout.blob(digest);
  await registry.putBlob(repository, digest, bytes, sizeBytes);
  progress(`${digest} pushed, ${(sizeBytes / 1_000_000).toFixed(1)} MB`);
}

/** Names of all images of the account, `repository:tag`. @throws ImageTrouble */
export async function ownImages(settings: Settings): Promise<readonly string[]> {
  return (await openOwnRegistry(settings)).list();
}

/** Removes a tag, and the image with its last. @throws ImageTrouble */
export async function removeImage(settings: Settings, name: string): Promise<void> {
  const { repository, tag } = readName(name);
  await (await openOwnRegistry(settings)).remove(repository, tag);
}
