// Manifests and configurations of images as registries keep them: OCI image specification 1.1 (image-manifest.md,
// image-index.md, config.md) and Docker's image manifest version 2, schema 2.
import { createHash } from "node:crypto";

/** Media types by what they say; the first of each is OCI's. */
export const manifestTypes = {
  image: ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"],
  index: ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"],
} as const;

const known: readonly string[] = [...manifestTypes.image, ...manifestTypes.index];

const isIndexType = (mediaType: string): boolean => manifestTypes.index.some((type) => type === mediaType);

/** Lower-case hexadecimal, with the algorithm in front. */
export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** The only algorithm that is taken. */
export const isDigest = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly sizeBytes: number;
}

export interface Platform {
  readonly os: string;
  /** As Go names it: `amd64`, `arm64`. */
  readonly architecture: string;
}

/** A manifest of one image, or of an index over several. */
export interface Manifest {
  readonly mediaType: string;
  /** Absent for an index. */
  readonly config?: Descriptor;
  /** In the order they are applied; empty for an index. */
  readonly layers: readonly Descriptor[];
  /** Images of an index, in its order. */
  readonly manifests: readonly (Descriptor & { readonly platform?: Platform })[];
  /** What it is about (signatures, attestations). */
  readonly subject?: string;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A document that is no manifest, or of a kind that is not taken, in words for people. */
export class ManifestInvalid extends Error {
  override readonly name = "ManifestInvalid";
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `given`: the media type that came with the bytes; it must not contradict what they say. @throws ManifestInvalid */
export function readManifest(bytes: Uint8Array, given?: string): Manifest {
  const document = parse(bytes);
  const inside = document["mediaType"];
  if (document["schemaVersion"] !== 2)
    throw new ManifestInvalid("Expected a manifest with schemaVersion 2. Images of schema 1 have to be pushed anew.");
  const mediaType = typeof inside === "string" ? inside : (given ?? guess(document));
  if (given !== undefined && known.includes(given) && given !== mediaType)
    throw new ManifestInvalid(`The manifest says it is ${mediaType}, and came as ${given}.`);
  if (!known.includes(mediaType))
    throw new ManifestInvalid(`Manifests of type ${mediaType} are not taken; expected one of ${known.join(", ")}.`);
  const isIndex = isIndexType(mediaType);
  return {
    mediaType,
    ...(isIndex ? {} : { config: readDescriptor(document["config"], "config") }),
    layers: isIndex ? [] : readList(document["layers"], "layers").map((one) => readDescriptor(one, "layers")),
    manifests: isIndex ? readList(document["manifests"], "manifests").map(readChild) : [],
    ...(document["subject"] === undefined ? {} : { subject: readDescriptor(document["subject"], "subject").digest }),
    ...(typeof document["artifactType"] === "string" ? { artifactType: document["artifactType"] } : {}),
    ...(isObject(document["annotations"]) ? { annotations: textsOf(document["annotations"]) } : {}),
  };
}

function parse(bytes: Uint8Array): Json {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ManifestInvalid("The manifest is not JSON in UTF-8.", { cause });
  }
  if (!isObject(document)) throw new ManifestInvalid("The manifest is not a JSON object.");
  return document;
}

const guess = (document: Json): string => (document["manifests"] ? manifestTypes.index[0] : manifestTypes.image[0]);

function readList(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new ManifestInvalid(`The manifest has no list "${name}".`);
  return value;
}

function readDescriptor(value: unknown, name: string): Descriptor {
  const { mediaType, digest, size } = isObject(value) ? value : {};
  if (typeof mediaType !== "string" || typeof digest !== "string" || !isDigest(digest))
    throw new ManifestInvalid(`"${name}" of the manifest must have a mediaType and a digest sha256:<64 hex digits>.`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw new ManifestInvalid(`"${name}" of the manifest must have a size in bytes, got ${JSON.stringify(size)}.`);
  return { mediaType, digest, sizeBytes: size };
}

function readChild(value: unknown): Manifest["manifests"][number] {
  const descriptor = readDescriptor(value, "manifests");
  const platform = isObject(value) && isObject(value["platform"]) ? value["platform"] : undefined;
  if (platform === undefined) return descriptor;
  return {
    ...descriptor,
    platform: { os: String(platform["os"]), architecture: String(platform["architecture"]) },
  };
}

const textsOf = (value: Json): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === "string"));

/** What a container of the image is started with. */
export interface ImageConfig {
  readonly platform: Platform;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** `USER` as written: name or number, with or without a group. Empty for user 0. */
  readonly user: string;
  /** Digests of the layers' tars, in order. */
  readonly diffIds: readonly string[];
}

/** @throws ManifestInvalid */
export function readImageConfig(bytes: Uint8Array): ImageConfig {
  const document = parse(bytes);
  const config = isObject(document["config"]) ? document["config"] : {};
  const rootfs = isObject(document["rootfs"]) ? document["rootfs"] : {};
  const diffIds = rootfs["diff_ids"];
  if (!Array.isArray(diffIds) || !diffIds.every((one) => typeof one === "string" && isDigest(one)))
    throw new ManifestInvalid("The image's configuration lacks rootfs.diff_ids, the digests of its layers' contents.");
  return {
    platform: { os: String(document["os"]), architecture: String(document["architecture"]) },
    entrypoint: words(config["Entrypoint"], "Entrypoint"),
    command: words(config["Cmd"], "Cmd"),
    environment: Object.fromEntries(words(config["Env"], "Env").map(readPair)),
    workingDirectory: `/${text(config["WorkingDir"], "WorkingDir").replace(/^\/+/, "")}`,
    user: text(config["User"], "User"),
    diffIds,
  };
}

function words(value: unknown, name: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
  throw new ManifestInvalid(`"${name}" of the image's configuration must be a list of texts.`);
}

function text(value: unknown, name: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw new ManifestInvalid(`"${name}" of the image's configuration must be a text.`);
}

function readPair(pair: string): [string, string] {
  const equals = pair.indexOf("=");
  return equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
}
