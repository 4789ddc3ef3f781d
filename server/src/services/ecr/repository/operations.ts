// Repositories. Answers and texts: API reference of Amazon ECR, CreateRepository and its neighbours.
// Gap: encryption and scanning settings are recorded and given back; layers are kept as every blob of this server is, and
// nothing scans (StartImageScan and DescribeImageScanFindings answer NotYetAvailable).
// Gap: replication, pull-through caches, registry policies and repository creation templates do not exist.
import type { Operations as Contract, CreateRepositoryRequest, Repository } from "../../../../../contract/ecr/types.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import { Conflict, type RowKey } from "../../../store/rows/rows.ts";
import { invalidParameter, repositoryAlreadyExists, repositoryNotEmpty } from "../errors.ts";
import { imagesOf, removeImage } from "../shared/images.ts";
import {
  type EcrContext,
  isRepositoryName,
  kinds,
  placeScope,
  type RepositoryDocument,
  type RepositoryName,
  type RepositoryRow,
  repositoryArn,
  repositoryKey,
  repositoryScope,
  repositoryUri,
  toSeconds,
} from "../shared/model.ts";
import { cut, DEFAULT_PAGE, startOf } from "../shared/paging.ts";
import { changeRepository, nameOf, onRepository, repositoryAction, requireRepository } from "../shared/repositories.ts";
import { tagsOf } from "../shared/tags.ts";
import { cancelUpload } from "../shared/uploads.ts";

export const repository = (context: EcrContext): Operations<Contract> => ({
  CreateRepository: {
    permissions: async (input, call) => [
      await onRepository(context, nameOf(input, call), call.operation, tagConditions(input.tags ?? [])),
      ...(input.tags?.length ? [await onRepository(context, nameOf(input, call), "TagResource")] : []),
    ],
    async run(input, call) {
      const name = nameOf(input, call);
      if (!isRepositoryName(name.repository))
        throw invalidParameter(`Invalid parameter at 'repositoryName': got '${name.repository}'.`);
      if (name.account !== call.account)
        throw invalidParameter(
          `Invalid parameter at 'registryId': repositories are made in the caller's own registry.`,
        );
      const now = context.clock.now();
      const key = repositoryKey(name);
      const document = newDocument(input);
      try {
        await context.rows.commit({
          expect: [{ key, version: "absent" }],
          put: [{ ...key, status: "", createdAt: now, modifiedAt: now, document }],
          events: [{ ...key, type: "created" }],
        });
      } catch (cause) {
        if (!(cause instanceof Conflict)) throw cause;
        throw repositoryAlreadyExists(
          `The repository with name '${name.repository}' already exists in the registry with id '${name.account}'`,
        );
      }
      return { repository: shown(name, { createdAt: now, document }) };
    },
  },
  DescribeRepositories: {
    permissions: async (input, call) => {
      const names = input.repositoryNames ?? ["*"];
      const place = { account: input.registryId ?? call.account, region: call.region };
      return Promise.all(names.map((one) => onRepository(context, { ...place, repository: one }, call.operation)));
    },
    async run(input, call) {
      const place = { account: input.registryId ?? call.account, region: call.region };
      if (input.repositoryNames) {
        const rows = await Promise.all(
          input.repositoryNames.map((one) => requireRepository(context, { ...place, repository: one })),
        );
        return { repositories: rows.map((row) => shown({ ...place, repository: row.name }, row)) };
      }
      const limit = (input.maxResults ?? DEFAULT_PAGE) + 1;
      const range = { kind: kinds.repository, scope: placeScope(place), after: startOf(input), limit };
      const rows = await context.rows.scan<RepositoryDocument>(range);
      const { items, token } = cut(rows, (row) => row.name, input);
      return { repositories: items.map((row) => shown({ ...place, repository: row.name }, row)), ...token };
    },
  },
  DeleteRepository: {
    permissions: repositoryAction(context),
    async run(input, call) {
      const name = nameOf(input, call);
      const row = await requireRepository(context, name);
      await empty(context, name, input.force === true);
      const key = repositoryKey(name);
      await context.rows.commit({ remove: [key], events: [{ ...key, type: "deleted" }] });
      // What was pushed while the repository went away.
      await empty(context, name, true);
      return { repository: shown(name, row) };
    },
  },
  PutImageTagMutability: {
    permissions: repositoryAction(context),
    async run(input, call) {
      const name = nameOf(input, call);
      const { after } = await changeRepository(context, name, (document) => ({ ...document, ...mutabilityOf(input) }));
      return { registryId: name.account, repositoryName: name.repository, ...shownMutability(after) };
    },
  },
  PutImageScanningConfiguration: {
    permissions: repositoryAction(context),
    async run(input, call) {
      const name = nameOf(input, call);
      const scanOnPush = input.imageScanningConfiguration.scanOnPush === true;
      await changeRepository(context, name, (document) => ({ ...document, scanOnPush }));
      return {
        registryId: name.account,
        repositoryName: name.repository,
        imageScanningConfiguration: { scanOnPush },
      };
    },
  },
});

const newDocument = (input: CreateRepositoryRequest): RepositoryDocument => ({
  ...mutabilityOf(input),
  scanOnPush: input.imageScanningConfiguration?.scanOnPush === true,
  encryptionType: input.encryptionConfiguration?.encryptionType ?? "AES256",
  kmsKey: input.encryptionConfiguration?.kmsKey,
  tags: tagsOf({}, input.tags ?? []),
});

type MutabilityInput = Pick<CreateRepositoryRequest, "imageTagMutability" | "imageTagMutabilityExclusionFilters">;

/** @throws ApiError InvalidParameter when filters come without the mutability they belong to, or lack */
function mutabilityOf(input: MutabilityInput): Pick<RepositoryDocument, "tagMutability" | "exclusions"> {
  const tagMutability = input.imageTagMutability ?? "MUTABLE";
  const filters = input.imageTagMutabilityExclusionFilters?.map(({ filter }) => filter);
  if (tagMutability.endsWith("_WITH_EXCLUSION") !== (filters !== undefined))
    throw invalidParameter(
      "imageTagMutabilityExclusionFilters belong to MUTABLE_WITH_EXCLUSION and IMMUTABLE_WITH_EXCLUSION, which need them.",
    );
  return { tagMutability, exclusions: filters };
}

const shownMutability = ({ tagMutability, exclusions }: RepositoryDocument) => ({
  imageTagMutability: tagMutability as Repository["imageTagMutability"],
  ...(exclusions === undefined
    ? {}
    : {
        imageTagMutabilityExclusionFilters: exclusions.map((filter) => ({ filterType: "WILDCARD" as const, filter })),
      }),
});

const shown = (name: RepositoryName, row: Pick<RepositoryRow, "createdAt" | "document">): Repository => ({
  repositoryArn: repositoryArn(name),
  registryId: name.account,
  repositoryName: name.repository,
  repositoryUri: repositoryUri(name),
  createdAt: toSeconds(row.createdAt),
  ...shownMutability(row.document),
  imageScanningConfiguration: { scanOnPush: row.document.scanOnPush },
  encryptionConfiguration: {
    encryptionType: row.document.encryptionType as "AES256",
    ...(row.document.kmsKey === undefined ? {} : { kmsKey: row.document.kmsKey }),
  },
});

/** Removes images and uploads of a repository. @throws ApiError RepositoryNotEmpty unless `force` */
async function empty(context: EcrContext, name: RepositoryName, force: boolean): Promise<void> {
  for await (const image of imagesOf(context, name)) {
    if (!force)
      throw repositoryNotEmpty(
        `The repository with name '${name.repository}' in registry with id '${name.account}' cannot be deleted because it still contains images`,
      );
    await orGone(() => removeImage(context, name, image));
  }
  const scope = repositoryScope(name);
  for (const row of await context.rows.scan<never>({ kind: kinds.upload, scope, limit: 1000 }))
    await orGone(() => cancelUpload(context, row));
  const tags: readonly RowKey[] = await context.rows.scan({ kind: kinds.tag, scope, limit: 1000 });
  if (tags.length > 0 && force)
    await context.rows.commit({ remove: tags.map(({ kind, name: tag }) => ({ kind, scope, name: tag })) });
}

/** Something that another request has removed or changed is left to it. */
async function orGone(remove: () => Promise<void>): Promise<void> {
  try {
    await remove();
  } catch (cause) {
    if (!(cause instanceof Conflict)) throw cause;
  }
}
