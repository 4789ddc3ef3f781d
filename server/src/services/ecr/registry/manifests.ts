// Manifests by tag or digest, and what refers to them.
import { ApiError } from "../../../core/errors.ts";
import { digestOf, isDigest, readManifest } from "../../../engine/images/oci/manifest.ts";
import { isTag } from "../../../engine/images/reference.ts";
import { again } from "../../../store/rows/again.ts";
import {
  findByReference,
  imagesOf,
  indexWith,
  LARGEST_MANIFEST_BYTES,
  putImage,
  removeImage,
} from "../shared/images.ts";
import type { ImageRow, RepositoryName } from "../shared/model.ts";
import { requireRepository } from "../shared/repositories.ts";
import { digestInvalid, RegistryError } from "./errors.ts";
import { type Exchange, type Handler, parameter } from "./exchange.ts";

export const headManifest: Handler = async (exchange) => {
  const row = await requireImage(exchange, "BatchGetImage");
  const length = Buffer.byteLength(row.document.manifest);
  return { status: 200, headers: { ...headersOf(row), "Content-Length": String(length) } };
};

export const getManifest: Handler = async (exchange) => {
  const row = await requireImage(exchange, "BatchGetImage");
  return { status: 200, headers: headersOf(row), body: row.document.manifest };
};

export const putManifest: Handler = async (exchange) => {
  const { context, name, reference, request } = exchange;
  await exchange.may("PutImage");
  await requireRepository(context, name);
  checkReference(reference);
  const isByDigest = reference.startsWith("sha256:");
  const bytes = await exchange.whole(LARGEST_MANIFEST_BYTES);
  const digest = digestOf(bytes);
  const created = {
    Location: `/v2/${name.repository}/manifests/${digest}`,
    "Docker-Content-Digest": digest,
  };
  try {
    const { document } = await putImage(context, name, {
      bytes,
      mediaType: request.headers["content-type"]?.split(";")[0]?.trim(),
      ...(isByDigest ? { digest: reference } : { tag: reference }),
    });
    return { status: 201, headers: { ...created, ...subjectHeader(document.subject) } };
  } catch (cause) {
    // A push that is repeated has done its work.
    if (!(cause instanceof ApiError) || cause.code !== "ImageAlreadyExistsException") throw cause;
    return { status: 201, headers: { ...created, ...subjectHeader(readManifest(bytes).subject) } };
  }
};

const subjectHeader = (subject: string | undefined) => (subject === undefined ? {} : { "OCI-Subject": subject });

export const deleteManifest: Handler = async (exchange) => {
  const { context, name, reference } = exchange;
  return await again(async () => {
    const row = await requireImage(exchange, "BatchDeleteImage");
    const tag = reference.startsWith("sha256:") ? undefined : reference;
    const isWhole = tag === undefined || row.document.tags.length <= 1;
    const index = isWhole ? await indexWith(context, name, row.name) : undefined;
    if (index !== undefined)
      throw new RegistryError(409, "DENIED", `The index ${index} names this image; delete the index first.`);
    await removeImage(context, name, row, tag);
    return { status: 202, headers: {} };
  });
};

/** OCI distribution specification 1.1, "Listing Referrers". */
export const getReferrers: Handler = async (exchange) => {
  const { context, name, reference } = exchange;
  await exchange.may("BatchGetImage");
  await requireRepository(context, name);
  if (!isDigest(reference)) throw digestInvalid(reference);
  const wanted = parameter(exchange, "artifactType");
  const manifests = [];
  for await (const { name: digest, document } of imagesOf(context, name)) {
    if (document.subject !== reference) continue;
    if (wanted !== undefined && document.artifactMediaType !== wanted) continue;
    const { annotations } = readManifest(Buffer.from(document.manifest));
    manifests.push({
      mediaType: document.mediaType,
      digest,
      size: Buffer.byteLength(document.manifest),
      ...(document.artifactMediaType === undefined ? {} : { artifactType: document.artifactMediaType }),
      ...(annotations === undefined ? {} : { annotations }),
    });
  }
  const mediaType = "application/vnd.oci.image.index.v1+json";
  return {
    status: 200,
    headers: {
      "Content-Type": mediaType,
      ...(wanted === undefined ? {} : { "OCI-Filters-Applied": "artifactType" }),
    },
    body: JSON.stringify({ schemaVersion: 2, mediaType, manifests }),
  };
};

async function requireImage(exchange: Exchange, operation: string): Promise<ImageRow> {
  const { context, name, reference } = exchange;
  await exchange.may(operation);
  await requireRepository(context, name);
  checkReference(reference);
  const row = await findByReference(context, name, reference);
  if (row === undefined) throw unknownManifest(name, reference);
  return row;
}

/** @throws RegistryError for what is neither tag nor digest */
function checkReference(reference: string): void {
  if (reference.includes(":") ? !isDigest(reference) : !isTag(reference))
    throw new RegistryError(
      reference.includes(":") ? 400 : 404,
      reference.includes(":") ? "DIGEST_INVALID" : "MANIFEST_UNKNOWN",
      `Expected a tag or a digest sha256:<64 hexadecimal digits>, got ${JSON.stringify(reference.slice(0, 200))}.`,
    );
}

const unknownManifest = ({ repository, account }: RepositoryName, reference: string): RegistryError =>
  new RegistryError(
    404,
    "MANIFEST_UNKNOWN",
    `Requested image not found: '${reference}' in the repository with name '${repository}' in the registry with id '${account}'`,
  );

const headersOf = ({ name, document }: ImageRow) => ({
  "Content-Type": document.mediaType,
  "Docker-Content-Digest": name,
  ETag: `"${name}"`,
});
