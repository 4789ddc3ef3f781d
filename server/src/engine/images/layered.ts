// An image of layers, from here or from another registry: its manifest is read, the one for this machine is chosen, the
// backend makes its root, and its configuration becomes what a unit is started with.
import { type Backend, type PreparedImage, UnitRefused } from "../../backends/backend.ts";
import type { ImageSource } from "../../core/ports.ts";
import {
  type Descriptor,
  digestOf,
  type ImageConfig,
  type Manifest,
  ManifestInvalid,
  readImageConfig,
  readManifest,
} from "./oci/manifest.ts";

/** A configuration is some kilobytes. */
const LARGEST_CONFIG_BYTES = 4 * 2 ** 20;

/** Docker stops at 127; each takes a process here. */
const MOST_LAYERS = 500;

const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

export interface LayeredRequest {
  /** As the user wrote it, for texts. */
  readonly uri: string;
  readonly source: ImageSource;
  /** Tag or digest. */
  readonly wanted: string;
  readonly install: Backend["install"];
  /** In words for people. */
  readonly progress: (text: string) => void;
}

/** @throws UnitRefused in words for people */
export async function prepareLayered(request: LayeredRequest): Promise<PreparedImage> {
  const { uri, source, install } = request;
  try {
    const { digest, manifest } = await manifestFor(request);
    const config = await configOf(source, manifest.config);
    checkPlatform(config);
    const { layers } = manifest;
    if (layers.length > MOST_LAYERS)
      throw new ManifestInvalid(`it has ${layers.length} layers; expected at most ${MOST_LAYERS}.`);
    if (layers.length !== config.diffIds.length)
      throw new ManifestInvalid(
        `its manifest has ${layers.length} layers, its configuration names ${config.diffIds.length}`,
      );
    await install(
      {
        digest,
        layers: layers.map((layer, index) => ({
          digest: layer.digest,
          diffId: config.diffIds[index] ?? "",
          sizeBytes: layer.sizeBytes,
          open: () => source.blob(layer.digest),
        })),
      },
      {
        progress: (done, total) =>
          request.progress(`Unpacking the image: ${megabytes(done)} of ${megabytes(total)} MB.`),
      },
    );
    return {
      id: `${uri}@${digest}`,
      mounts: [],
      entrypoint: config.entrypoint,
      command: config.command,
      environment: config.environment,
      workingDirectory: config.workingDirectory,
      canWait: false,
      layered: { digest, user: config.user },
    };
  } catch (cause) {
    if (cause instanceof ManifestInvalid) throw new UnitRefused(`Image ${uri} cannot be used: ${cause.message}`);
    if (cause instanceof UnitRefused) throw new UnitRefused(`Image ${uri}: ${cause.message}`);
    throw cause;
  }
}

const megabytes = (bytes: number): number => Math.round(bytes / 1_000_000);

/** Of an index, the image for this machine. */
async function manifestFor({ source, wanted, uri }: LayeredRequest): Promise<{
  readonly digest: string;
  readonly manifest: Manifest;
}> {
  const found = await source.manifest(wanted);
  if (found === undefined) throw new UnitRefused(`there is no image "${wanted}" in its repository any more.`);
  const manifest = readManifest(found.bytes);
  if (manifest.config) return { digest: found.digest, manifest };
  const child = manifest.manifests.find(
    ({ platform }) => platform?.os === "linux" && platform.architecture === architectures[process.arch],
  );
  if (child === undefined) {
    const there = manifest.manifests.map(({ platform }) => `${platform?.os}/${platform?.architecture}`);
    throw new ManifestInvalid(`it is for ${there.join(", ")}; this machine is ${here()}.`);
  }
  const chosen = await source.manifest(child.digest);
  if (chosen === undefined) throw new UnitRefused(`the image ${child.digest} of its index ${uri} is not there.`);
  return { digest: chosen.digest, manifest: readManifest(chosen.bytes) };
}

const here = (): string => `linux/${architectures[process.arch] ?? process.arch}`;

/** @throws ManifestInvalid when the bytes are not those of the digest, or too many */
async function configOf(source: ImageSource, config: Descriptor | undefined): Promise<ImageConfig> {
  if (config === undefined) throw new ManifestInvalid("it is an index within an index.");
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of (await source.blob(config.digest)) as AsyncIterable<Uint8Array>) {
    sizeBytes += piece.length;
    if (sizeBytes > LARGEST_CONFIG_BYTES)
      throw new ManifestInvalid(`its configuration has more than ${LARGEST_CONFIG_BYTES} bytes.`);
    pieces.push(piece);
  }
  const bytes = Buffer.concat(pieces);
  if (digestOf(bytes) !== config.digest)
    throw new ManifestInvalid(`its configuration has the digest ${digestOf(bytes)}, not ${config.digest}.`);
  return readImageConfig(bytes);
}

/** @throws ManifestInvalid */
function checkPlatform({ platform }: ImageConfig): void {
  const { os, architecture } = platform;
  if (`${os}/${architecture}` === here()) return;
  throw new ManifestInvalid(`it is for ${os}/${architecture}; this machine is ${here()}.`);
}
