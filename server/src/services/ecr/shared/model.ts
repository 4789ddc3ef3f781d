// What ECR keeps: repositories, their images and tags, layers once for each account, uploads under way.
import type { Clock } from "../../../core/clock.ts";
import type { PolicyChecks } from "../../../core/ports.ts";
import { isRepositoryPath } from "../../../engine/images/reference.ts";
import type { Blob, Blobs } from "../../../store/blobs/blobs.ts";
import type { Row, RowKey, Rows } from "../../../store/rows/rows.ts";

export interface EcrContext {
  readonly rows: Rows;
  readonly blobs: Blobs;
  readonly policies: PolicyChecks;
  /** Seals authorization tokens and download addresses. */
  readonly sealingKey: Buffer;
  readonly clock: Clock;
}

/** A registry: each account has one in each region. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

export interface RepositoryName extends Place {
  readonly repository: string;
}

export interface RepositoryDocument {
  readonly tagMutability: string;
  /** Tags that the mutability does not count for, with `*` for any text. */
  readonly exclusions?: readonly string[] | undefined;
  readonly scanOnPush: boolean;
  readonly encryptionType: string;
  readonly kmsKey?: string | undefined;
  readonly policy?: string | undefined;
  readonly lifecyclePolicy?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ImageDocument {
  /** Byte for byte as it was pushed; its digest is the row's name. */
  readonly manifest: string;
  readonly mediaType: string;
  /** Type of the configuration, or of the artifact. */
  readonly artifactMediaType?: string;
  /** Layers and configuration together. */
  readonly sizeBytes: number;
  /** Digests of configuration and layers. */
  readonly layers: readonly string[];
  /** Digests of the images of an index. */
  readonly children: readonly string[];
  readonly subject?: string;
  readonly tags: readonly string[];
}

export interface TagDocument {
  readonly digest: string;
}

export interface LayerDocument {
  /** In order; the layer is their bytes, one behind the other. */
  readonly parts: readonly Blob[];
  readonly sizeBytes: number;
  /** `<region>/<repository>` to when it was last pushed or named by a pushed image; milliseconds since 1970. */
  readonly repositories: Readonly<Record<string, number>>;
}

export interface UploadDocument {
  readonly parts: readonly Blob[];
  readonly sizeBytes: number;
  /** Digest of the bytes while there is one part only: of several it is computed at the end. */
  readonly digest?: string;
}

export type RepositoryRow = Row<RepositoryDocument>;
export type ImageRow = Row<ImageDocument>;
export type LayerRow = Row<LayerDocument>;
export type UploadRow = Row<UploadDocument>;

export const kinds = {
  repository: "ecr:repository",
  image: "ecr:image",
  tag: "ecr:tag",
  layer: "ecr:layer",
  upload: "ecr:upload",
} as const;

export const placeScope = ({ account, region }: Place): string => `${account}/${region}`;
export const repositoryScope = (name: RepositoryName): string => `${placeScope(name)}/${name.repository}`;
/** Of a repository among those of its account, in layers. */
export const linkOf = ({ region, repository }: RepositoryName): string => `${region}/${repository}`;

export const repositoryKey = (name: RepositoryName): RowKey => ({
  kind: kinds.repository,
  scope: placeScope(name),
  name: name.repository,
});
export const imageKey = (of: RepositoryName, digest: string): RowKey => ({
  kind: kinds.image,
  scope: repositoryScope(of),
  name: digest,
});
export const tagKey = (of: RepositoryName, tag: string): RowKey => ({
  kind: kinds.tag,
  scope: repositoryScope(of),
  name: tag,
});
export const uploadKey = (of: RepositoryName, id: string): RowKey => ({
  kind: kinds.upload,
  scope: repositoryScope(of),
  name: id,
});
export const layerKey = ({ account }: Pick<Place, "account">, digest: string): RowKey => ({
  kind: kinds.layer,
  scope: account,
  name: digest,
});

export const repositoryArn = ({ account, region, repository }: RepositoryName): string =>
  `arn:aws:ecr:${region}:${account}:repository/${repository}`;

/** The name that clients push to and jobs run from. */
export const registryHost = ({ account, region }: Place): string =>
  `${account}.dkr.ecr.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
export const repositoryUri = (name: RepositoryName): string => `${registryHost(name)}/${name.repository}`;

/** Bytes; the service model's pattern is that of Docker's reference grammar. */
export const isRepositoryName = (name: string): boolean =>
  name.length >= 2 && name.length <= 256 && isRepositoryPath(name);

/** Seconds since 1970, as the API has times. */
export const toSeconds = (milliseconds: number): number => milliseconds / 1000;
