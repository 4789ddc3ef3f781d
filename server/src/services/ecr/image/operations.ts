// Images by the API. Answers: API reference of Amazon ECR, BatchGetImage, DescribeImages and their neighbours.
// Gap: archived images do not exist: every image is ACTIVE. Pull times are not recorded.
// Gap: BatchGetImage gives the manifest as it was pushed whatever acceptedMediaTypes says: nothing is converted.
import type {
  Operations as Contract,
  ImageDetail,
  ImageFailure,
  ImageIdentifier,
} from "../../../../../contract/ecr/types.ts";
import type { Operations } from "../../../core/service.ts";
import { isDigest } from "../../../engine/images/oci/manifest.ts";
import { isTag } from "../../../engine/images/reference.ts";
import { again } from "../../../store/rows/again.ts";
import { imageNotFound } from "../errors.ts";
import { findByReference, imagesOf, indexWith, putImage, removeImage } from "../shared/images.ts";
import { type EcrContext, type ImageRow, type RepositoryName, toSeconds } from "../shared/model.ts";
import { cut, DEFAULT_PAGE, type PageRequest, startOf } from "../shared/paging.ts";
import { nameOf, repositoryAction, requireRepository } from "../shared/repositories.ts";

export const image = (context: EcrContext): Operations<Contract> => ({
  PutImage: {
    bodyLimitBytes: 16 * 2 ** 20,
    permissions: repositoryAction(context),
    async run({ imageManifest, imageManifestMediaType, imageTag, imageDigest, ...input }, call) {
      const name = nameOf(input, call);
      const row = await putImage(context, name, {
        bytes: Buffer.from(imageManifest),
        mediaType: imageManifestMediaType,
        tag: imageTag,
        digest: imageDigest,
      });
      return { image: shown(name, row, imageTag) };
    },
  },
  BatchGetImage: {
    permissions: repositoryAction(context),
    async run({ imageIds, ...input }, call) {
      const name = nameOf(input, call);
      await requireRepository(context, name);
      const found = await Promise.all(imageIds.map((id) => find(context, name, id)));
      return {
        images: found.flatMap((one, index) => ("row" in one ? [shown(name, one.row, imageIds[index]?.imageTag)] : [])),
        failures: found.flatMap((one) => ("row" in one ? [] : [one])),
      };
    },
  },
  BatchDeleteImage: {
    permissions: repositoryAction(context),
    async run({ imageIds, ...input }, call) {
      const name = nameOf(input, call);
      await requireRepository(context, name);
      const removed: ImageIdentifier[] = [];
      const failures: ImageFailure[] = [];
      for (const id of imageIds) {
        const outcome = await remove(context, name, id);
        if ("removed" in outcome) removed.push(...outcome.removed);
        else failures.push(outcome);
      }
      return { imageIds: removed, failures };
    },
  },
  ListImages: {
    permissions: repositoryAction(context),
    async run(input, call) {
      const name = nameOf(input, call);
      await requireRepository(context, name);
      const wanted = (id: ImageIdentifier) => isStatus(input.filter?.tagStatus, id.imageTag !== undefined);
      const after = startOf(input);
      const ids: ImageIdentifier[] = [];
      for await (const row of imagesOf(context, name, after?.split(" ")[0])) {
        const own = idsOf(row).filter(wanted);
        ids.push(...own.filter((id) => after === undefined || nameOfId(id) > after));
        if (ids.length > (input.maxResults ?? DEFAULT_PAGE)) break;
      }
      const { items, token } = cut(ids, nameOfId, input);
      return { imageIds: items, ...token };
    },
  },
  DescribeImages: {
    permissions: repositoryAction(context),
    async run({ imageIds, ...input }, call) {
      const name = nameOf(input, call);
      await requireRepository(context, name);
      if (imageIds) return { imageDetails: await describeNamed(context, name, imageIds) };
      return describeAll(context, name, input);
    },
  },
});

const isStatus = (status: string | undefined, isTagged: boolean): boolean =>
  status === undefined || status === "ANY" || (status === "TAGGED") === isTagged;

/** One for each tag, or one without. */
const idsOf = ({ name, document }: ImageRow): readonly ImageIdentifier[] =>
  document.tags.length === 0
    ? [{ imageDigest: name }]
    : document.tags.toSorted().map((imageTag) => ({ imageDigest: name, imageTag }));

/** Rises along a list of images by digest and tag. */
const nameOfId = ({ imageDigest = "", imageTag = "" }: ImageIdentifier): string => `${imageDigest} ${imageTag}`;

const shown = (name: RepositoryName, { name: digest, document }: ImageRow, tag: string | undefined) => ({
  registryId: name.account,
  repositoryName: name.repository,
  imageId: { imageDigest: digest, ...(tag === undefined ? {} : { imageTag: tag }) },
  imageManifest: document.manifest,
  imageManifestMediaType: document.mediaType,
});

/** The image an id names, or the failure that batches answer in its place. */
async function find(
  context: EcrContext,
  name: RepositoryName,
  imageId: ImageIdentifier,
): Promise<{ readonly row: ImageRow } | ImageFailure> {
  const { imageDigest, imageTag } = imageId;
  const failed = (failureCode: NonNullable<ImageFailure["failureCode"]>, failureReason: string): ImageFailure => ({
    imageId,
    failureCode,
    failureReason,
  });
  if (imageDigest === undefined && imageTag === undefined)
    return failed("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null");
  if (imageDigest !== undefined && !isDigest(imageDigest))
    return failed(
      "InvalidImageDigest",
      "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
    );
  if (imageTag !== undefined && !isTag(imageTag))
    return failed("InvalidImageTag", "Invalid request parameters: the image tag has characters that no tag has");
  const row = await findByReference(context, name, imageDigest ?? imageTag ?? "");
  if (row === undefined) return failed("ImageNotFound", "Requested image not found");
  if (imageDigest !== undefined && imageTag !== undefined && !row.document.tags.includes(imageTag))
    return failed("ImageTagDoesNotMatchDigest", "The tag does not point at the image with this digest");
  return { row };
}

async function remove(
  context: EcrContext,
  name: RepositoryName,
  imageId: ImageIdentifier,
): Promise<{ readonly removed: readonly ImageIdentifier[] } | ImageFailure> {
  return await again(async () => {
    const found = await find(context, name, imageId);
    if (!("row" in found)) return found;
    const { row } = found;
    const tag = imageId.imageTag;
    const isWhole = tag === undefined || row.document.tags.length <= 1;
    const index = isWhole ? await indexWith(context, name, row.name) : undefined;
    if (index !== undefined)
      return {
        imageId,
        failureCode: "ImageReferencedByManifestList",
        failureReason: `Requested image referenced by manifest list: [${index}]`,
      };
    await removeImage(context, name, row, tag);
    return { removed: tag === undefined ? idsOf(row) : [{ imageDigest: row.name, imageTag: tag }] };
  });
}

const detailOf = (name: RepositoryName, { name: digest, document, createdAt }: ImageRow): ImageDetail => ({
  registryId: name.account,
  repositoryName: name.repository,
  imageDigest: digest,
  ...(document.tags.length === 0 ? {} : { imageTags: document.tags }),
  imageSizeInBytes: document.sizeBytes,
  imagePushedAt: toSeconds(createdAt),
  imageManifestMediaType: document.mediaType,
  ...(document.artifactMediaType === undefined ? {} : { artifactMediaType: document.artifactMediaType }),
  ...(document.subject === undefined ? {} : { subjectManifestDigest: document.subject }),
  imageStatus: "ACTIVE",
});

/** @throws ApiError ImageNotFound */
async function describeNamed(
  context: EcrContext,
  name: RepositoryName,
  ids: readonly ImageIdentifier[],
): Promise<readonly ImageDetail[]> {
  const details: ImageDetail[] = [];
  for (const id of ids) {
    const found = await find(context, name, id);
    if (!("row" in found))
      throw imageNotFound(
        `The image with imageId {imageDigest:'${id.imageDigest ?? "null"}', imageTag:'${id.imageTag ?? "null"}'} does not exist within the repository with name '${name.repository}' in the registry with id '${name.account}'`,
      );
    details.push(detailOf(name, found.row));
  }
  return details;
}

async function describeAll(
  context: EcrContext,
  name: RepositoryName,
  input: PageRequest & { readonly filter?: { readonly tagStatus?: string | undefined } | undefined },
) {
  const after = startOf(input);
  const rows: ImageRow[] = [];
  for await (const row of imagesOf(context, name, after)) {
    if (row.name === after || !isStatus(input.filter?.tagStatus, row.document.tags.length > 0)) continue;
    rows.push(row);
    if (rows.length > (input.maxResults ?? DEFAULT_PAGE)) break;
  }
  const { items, token } = cut(rows, (row) => row.name, input);
  return { imageDetails: items.map((row) => detailOf(name, row)), ...token };
}
