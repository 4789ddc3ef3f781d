// Images: manifests by digest, with the tags that point at them. Layers have to be there before the manifest that
// names them, so that an image that is seen is whole.
import { digestOf, type Manifest, ManifestInvalid, readManifest } from "../../../engine/images/oci/manifest.ts";
import { isTag } from "../../../engine/images/reference.ts";
import { again } from "../../../store/rows/again.ts";
import type { Change, Row } from "../../../store/rows/rows.ts";
import {
  imageAlreadyExists,
  imageDigestDoesNotMatch,
  imageTagAlreadyExists,
  invalidParameter,
  layersNotFound,
  limitExceeded,
  referencedImagesNotFound,
} from "../errors.ts";
import { together } from "./changes.ts";
import { layersOf, usedBy } from "./layers.ts";
import {
  type EcrContext,
  type ImageDocument,
  type ImageRow,
  imageKey,
  kinds,
  type RepositoryDocument,
  type RepositoryName,
  repositoryScope,
  type TagDocument,
  tagKey,
} from "./model.ts";
import { requireRepository, whileRepositoryStays } from "./repositories.ts";

/** PutImage's largest manifest (service model) in bytes. */
export const LARGEST_MANIFEST_BYTES = 4_194_304;
/** Amazon ECR user guide, "Service quotas". */
const MOST_TAGS = 1000;
const ROWS_AT_ONCE = 500;

export interface PushedManifest {
  readonly bytes: Buffer;
  readonly mediaType?: string | undefined;
  readonly tag?: string | undefined;
  /** What the caller says the digest is. */
  readonly digest?: string | undefined;
}

export const findImage = (context: EcrContext, of: RepositoryName, digest: string): Promise<ImageRow | undefined> =>
  context.rows.get<ImageDocument>(imageKey(of, digest));

/** By digest or tag; undefined when the repository has none such. */
export async function findByReference(
  context: EcrContext,
  of: RepositoryName,
  reference: string,
): Promise<ImageRow | undefined> {
  if (reference.startsWith("sha256:")) return findImage(context, of, reference);
  const tag = await context.rows.get<TagDocument>(tagKey(of, reference));
  return tag && findImage(context, of, tag.document.digest);
}

/** Every image of a repository, by digest. */
export async function* imagesOf(context: EcrContext, of: RepositoryName, from?: string): AsyncGenerator<ImageRow> {
  let range: { readonly from?: string; readonly after?: string } = from === undefined ? {} : { from };
  for (;;) {
    const scope = repositoryScope(of);
    const rows = await context.rows.scan<ImageDocument>({ kind: kinds.image, scope, ...range, limit: ROWS_AT_ONCE });
    yield* rows;
    const last = rows.at(-1);
    if (rows.length < ROWS_AT_ONCE || last === undefined) return;
    range = { after: last.name };
  }
}

/**
 * Keeps a manifest and points the tag at it. @throws ApiError RepositoryNotFound, InvalidParameter (no manifest),
 * LayersNotFound, ReferencedImagesNotFound, ImageDigestDoesNotMatch, ImageAlreadyExists, ImageTagAlreadyExists
 */
export async function putImage(context: EcrContext, of: RepositoryName, pushed: PushedManifest): Promise<ImageRow> {
  const { bytes, mediaType, tag } = pushed;
  if (tag !== undefined && !isTag(tag)) throw invalidParameter(`Invalid parameter at 'imageTag': got '${tag}'.`);
  if (bytes.length > LARGEST_MANIFEST_BYTES)
    throw invalidParameter(`A manifest may have ${LARGEST_MANIFEST_BYTES} bytes, got ${bytes.length}.`);
  const manifest = readPushed(bytes, mediaType);
  const digest = digestOf(bytes);
  if (pushed.digest !== undefined && pushed.digest !== digest)
    throw imageDigestDoesNotMatch(
      `The specified image digest ${pushed.digest} does not match the digest of the manifest, ${digest}.`,
    );
  return await again(() => putOnce(context, of, { bytes, manifest, digest, tag }));
}

function readPushed(bytes: Buffer, mediaType: string | undefined): Manifest {
  try {
    return readManifest(bytes, mediaType);
  } catch (cause) {
    if (!(cause instanceof ManifestInvalid)) throw cause;
    throw invalidParameter(`Invalid parameter at 'ImageManifest' failed to satisfy constraint: ${cause.message}`);
  }
}

interface NewImage {
  readonly bytes: Buffer;
  readonly manifest: Manifest;
  readonly digest: string;
  readonly tag: string | undefined;
}

async function putOnce(context: EcrContext, of: RepositoryName, image: NewImage): Promise<ImageRow> {
  const { digest, tag } = image;
  const repository = await requireRepository(context, of);
  const [existing, pointing] = await Promise.all([
    findImage(context, of, digest),
    tag === undefined ? undefined : context.rows.get<TagDocument>(tagKey(of, tag)),
  ]);
  refuseExisting(of, repository.document, image, { existing, pointing });
  const now = context.clock.now();
  const document = existing?.document ?? (await newDocument(context, of, image));
  const tags = tag === undefined ? document.tags : [...document.tags.filter((one) => one !== tag), tag];
  if (tags.length > MOST_TAGS) throw limitExceeded(`An image may have ${MOST_TAGS} tags.`);
  const key = imageKey(of, digest);
  const row = {
    ...key,
    status: "ACTIVE",
    createdAt: existing?.createdAt ?? now,
    modifiedAt: now,
    document: { ...document, tags },
  };
  await context.rows.commit(
    together([
      { expect: [whileRepositoryStays(of), { key, version: existing?.version ?? "absent" }], put: [row] },
      ...(tag === undefined ? [] : [pointTag(of, tag, { digest, pointing, now })]),
      await untagFormer(context, of, { digest, tag, pointing, now }),
      ...[...(await layersOf(context, of, document.layers)).values()].map((layer) => usedBy(layer, of, now)),
      { events: existing ? [] : [{ ...key, type: "created" }] },
    ]),
  );
  return { ...row, version: (existing?.version ?? 0) + 1 };
}

interface Found {
  readonly existing: ImageRow | undefined;
  readonly pointing: Row<TagDocument> | undefined;
}

/** @throws ApiError ImageAlreadyExists, ImageTagAlreadyExists */
function refuseExisting(
  of: RepositoryName,
  repository: RepositoryDocument,
  { digest, tag }: NewImage,
  { existing, pointing }: Found,
): void {
  const where = `in the repository with name '${of.repository}' in registry with id '${of.account}'`;
  if (tag === undefined && existing) throw imageAlreadyExists(`Image with digest '${digest}' already exists ${where}`);
  if (tag === undefined || pointing === undefined) return;
  if (pointing.document.digest === digest && existing)
    throw imageAlreadyExists(`Image with digest '${digest}' and tag '${tag}' already exists ${where}`);
  if (isImmutable(repository, tag))
    throw imageTagAlreadyExists(
      `The image tag '${tag}' already exists in the '${of.repository}' repository and cannot be overwritten because the tag is immutable.`,
    );
}

/** Whether a tag of the repository stays where it was put. */
function isImmutable({ tagMutability, exclusions = [] }: RepositoryDocument, tag: string): boolean {
  const isExcluded = exclusions.some((filter) => {
    const pattern = filter.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
    return new RegExp(`^${pattern}$`).test(tag);
  });
  return tagMutability.startsWith("IMMUTABLE") ? !isExcluded : isExcluded;
}

async function newDocument(
  context: EcrContext,
  of: RepositoryName,
  { bytes, manifest }: NewImage,
): Promise<ImageDocument> {
  const parts = [...(manifest.config ? [manifest.config] : []), ...manifest.layers];
  const layers = [...new Set(parts.map((part) => part.digest))];
  const found = await layersOf(context, of, layers);
  const missing = layers.filter((layer) => !found.has(layer));
  if (missing.length > 0)
    throw layersNotFound(
      `The layers with digest '${missing.join(", ")}' required for pushing image into repository with name '${of.repository}' in the registry with id '${of.account}' do not exist`,
    );
  const children = [...new Set(manifest.manifests.map((child) => child.digest))];
  for (const child of children)
    if ((await findImage(context, of, child)) === undefined)
      throw referencedImagesNotFound(
        `Images with digests '${child}' required for pushing image into repository with name '${of.repository}' in the registry with id '${of.account}' do not exist`,
      );
  const artifact = manifest.artifactType ?? manifest.config?.mediaType;
  return {
    manifest: bytes.toString("utf8"),
    mediaType: manifest.mediaType,
    ...(artifact === undefined ? {} : { artifactMediaType: artifact }),
    sizeBytes: [...found.values()].reduce((sum, layer) => sum + layer.document.sizeBytes, 0),
    layers,
    children,
    ...(manifest.subject === undefined ? {} : { subject: manifest.subject }),
    tags: [],
  };
}

interface Pointing {
  readonly digest: string;
  readonly tag?: string | undefined;
  readonly pointing: Row<TagDocument> | undefined;
  readonly now: number;
}

function pointTag(of: RepositoryName, tag: string, { digest, pointing, now }: Pointing): Change {
  const key = tagKey(of, tag);
  const times = { createdAt: pointing?.createdAt ?? now, modifiedAt: now };
  return {
    expect: [{ key, version: pointing?.version ?? "absent" }],
    put: [{ ...key, status: "", ...times, document: { digest } }],
  };
}

/** The image that had the tag until now goes on without it. */
async function untagFormer(
  context: EcrContext,
  of: RepositoryName,
  { digest, tag, pointing, now }: Pointing,
): Promise<Change> {
  const former = pointing && pointing.document.digest !== digest ? pointing.document.digest : undefined;
  const row = former === undefined ? undefined : await findImage(context, of, former);
  if (row === undefined) return {};
  const { version, ...kept } = row;
  const tags = row.document.tags.filter((one) => one !== tag);
  return {
    expect: [{ key: imageKey(of, row.name), version }],
    put: [{ ...kept, modifiedAt: now, document: { ...row.document, tags } }],
  };
}

/** Removes one tag, or the whole image with all its tags. */
export async function removeImage(
  context: EcrContext,
  of: RepositoryName,
  { version, ...row }: ImageRow,
  tag?: string,
): Promise<void> {
  const key = imageKey(of, row.name);
  const tags = tag === undefined ? [] : row.document.tags.filter((one) => one !== tag);
  // The last tag takes the image with it (API reference, BatchDeleteImage).
  const isWhole = tags.length === 0;
  const gone = isWhole ? row.document.tags : [tag ?? ""];
  await context.rows.commit({
    expect: [{ key, version }],
    put: isWhole ? [] : [{ ...row, modifiedAt: context.clock.now(), document: { ...row.document, tags } }],
    remove: [...gone.map((one) => tagKey(of, one)), ...(isWhole ? [key] : [])],
    events: isWhole ? [{ ...key, type: "deleted" }] : [],
  });
}

/** An index of the repository that names the image; undefined when none does. */
export async function indexWith(context: EcrContext, of: RepositoryName, digest: string): Promise<string | undefined> {
  for await (const { name, document } of imagesOf(context, of)) if (document.children.includes(digest)) return name;
  return undefined;
}
