// Secrets: made, described, changed, deleted after a time in which that can be taken back.
// Answers as recorded in LocalStack's tests/aws/services/secretsmanager/test_secretsmanager.snapshot.json.
// Gap: secrets are not rotated (RotateSecret needs Lambda) and not copied to other regions.
import type {
  Operations as Contract,
  CreateSecretRequest,
  DescribeSecretResponse,
  SecretListEntry,
} from "../../../../../contract/secretsmanager/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import { again } from "../../../store/rows/again.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { alreadyExists, invalidParameter, invalidRequest, noSecret } from "../errors.ts";
import { filteredSecrets } from "../shared/filters.ts";
import { type Order, pageInOrder } from "../shared/paging.ts";
import {
  changeSecret,
  findSecret,
  newSuffix,
  onSecret,
  type Parts,
  refuseOwned,
  requireOwn,
  requireSecret,
  SECRET,
  type SecretDocument,
  type SecretRow,
  scopeOf,
  secretAction,
  secretArn,
  secretKey,
  tagList,
} from "../shared/secrets.ts";
import { CURRENT } from "../shared/stages.ts";
import { withTags } from "../shared/tags.ts";
import { givenValue, valueKey } from "../shared/values.ts";
import { requireToken, stagesById, withVersion } from "../shared/versions.ts";

const DAY_MS = 86_400_000;
/** Secrets Manager API reference, DeleteSecret. */
const LEAST_DAYS = 7;
const MOST_DAYS = 30;
const DEFAULT_PAGE = 100;
const NAME = /^[\w/+=.@!-]{1,512}$/;

export const secret = (parts: Parts): Operations<Contract> => ({
  CreateSecret: {
    permissions: async (input, call) => [await creation(parts, call, input)],
    run: async (input, call) => createSecret(parts, call, input),
  },
  DescribeSecret: {
    permissions: secretAction(parts),
    run: async ({ SecretId }, call) => described(await requireSecret(parts, call, SecretId)),
  },
  UpdateSecret: {
    permissions: async ({ SecretId, Description, KmsKeyId }, call) => [
      await onSecret(parts, call, SecretId, { conditions: given({ Description, KmsKeyId }) }),
    ],
    async run({ SecretId, ClientRequestToken, Description, KmsKeyId, ...input }, call) {
      const value = givenValue(input);
      const id = requireToken(ClientRequestToken);
      const find = () => requireOwn(parts, call, SecretId);
      const change = async (row: SecretRow) => {
        const document: SecretDocument = {
          ...row.document,
          ...(Description === undefined ? {} : { description: Description || undefined }),
          ...(KmsKeyId === undefined ? {} : { kmsKeyId: KmsKeyId || undefined }),
        };
        if (value === undefined) return { document };
        const made = { id, value, kmsKeyId: document.kmsKeyId, labels: [CURRENT] };
        return (await withVersion(parts, call, { ...row, document }, made)) ?? { document };
      };
      const row = await changeSecret(parts, find, change, call.at);
      return { ARN: secretArn(row), Name: row.name, ...(value && { VersionId: id }) };
    },
  },
  DeleteSecret: {
    permissions: async ({ SecretId, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force }, call) => [
      await onSecret(parts, call, SecretId, {
        conditions: {
          "secretsmanager:ForceDeleteWithoutRecovery": String(force ?? false),
          ...(days === undefined ? {} : { "secretsmanager:RecoveryWindowInDays": String(days) }),
        },
      }),
    ],
    run: ({ SecretId, RecoveryWindowInDays, ForceDeleteWithoutRecovery }, call) => {
      if (ForceDeleteWithoutRecovery !== true) return deleteLater(parts, call, SecretId, RecoveryWindowInDays);
      if (RecoveryWindowInDays === undefined) return deleteNow(parts, call, SecretId);
      throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
    },
  },
  RestoreSecret: {
    permissions: secretAction(parts),
    async run({ SecretId }, call) {
      const find = () => requireSecret(parts, call, SecretId);
      const restore = ({ document: { removeAt, ...document } }: SecretRow) =>
        removeAt === undefined ? undefined : { document };
      const row = await changeSecret(parts, find, restore, call.at);
      return { ARN: secretArn(row), Name: row.name };
    },
  },
  ListSecrets: {
    async run({ Filters = [], IncludePlannedDeletion, MaxResults, NextToken, SortBy, SortOrder }, call) {
      const query = { filters: Filters, withDeleted: IncludePlannedDeletion === true };
      const found = await filteredSecrets(parts, call, query);
      const order = { position: positions[SortBy ?? "created-date"], descending: SortOrder === "desc" };
      const range = { limit: MaxResults ?? DEFAULT_PAGE, token: NextToken };
      const { items, ...more } = pageInOrder(found, order, range);
      return { SecretList: items.map(listed), ...more };
    },
  },
});

type SortKey = "created-date" | "last-accessed-date" | "last-changed-date" | "name";

const positions: Readonly<Record<SortKey, Order<SecretRow>["position"]>> = {
  "created-date": ({ createdAt, name }) => [createdAt, name],
  "last-accessed-date": ({ document, name }) => [document.accessedAt ?? 0, name],
  "last-changed-date": ({ modifiedAt, name }) => [modifiedAt, name],
  name: ({ name }) => [name, name],
};

/** Condition keys of what a request describes. */
const given = (members: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) =>
      value === undefined ? [] : [[`secretsmanager:${name}`, value]],
    ),
  );

const creation = (parts: Parts, call: Call, input: CreateSecretRequest): Promise<Permission> => {
  const { Name, Description, KmsKeyId, Tags = [] } = input;
  const conditions = { ...given({ Name, Description, KmsKeyId }), ...tagConditions(Tags) };
  return onSecret(parts, call, Name, { conditions });
};

/** @throws ApiError Validation, InvalidRequest, InvalidParameter, ResourceExists, and what KMS throws */
async function createSecret(parts: Parts, call: Call, input: CreateSecretRequest) {
  const { Name, Description, KmsKeyId, Tags } = input;
  refuseUnbuilt(input);
  if (!NAME.test(Name)) {
    throw errors.validation(
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    );
  }
  const id = requireToken(input.ClientRequestToken);
  const value = givenValue(input);
  const key = secretKey(call, Name);
  const document: SecretDocument = {
    suffix: newSuffix(),
    description: Description,
    kmsKeyId: KmsKeyId,
    tags: Tags && withTags(undefined, Tags),
    versions: [],
  };
  const made = { id, value, kmsKeyId: KmsKeyId, labels: [CURRENT] };
  const first = value && (await withVersion(parts, call, { ...key, document }, { ...made, value }));
  const row = {
    ...key,
    status: "Kept",
    createdAt: call.at,
    modifiedAt: call.at,
    document: first?.document ?? document,
  };
  try {
    const put = [row, ...(first?.put ?? [])];
    await parts.rows.commit({ expect: [{ key, version: "absent" }], put, events: [{ ...key, type: "created" }] });
    return created(row, value && id);
  } catch (cause) {
    if (!(cause instanceof Conflict)) throw cause;
    return await createdBefore(parts, call, { name: Name, made: value && { ...made, value } });
  }
}

/** The answer when the secret is there: the first one's when the call came twice. @throws ApiError */
async function createdBefore(
  parts: Parts,
  call: Call,
  { name, made }: { readonly name: string; readonly made: Parameters<typeof withVersion>[3] | undefined },
) {
  const there = await requireSecret(parts, call, name);
  if (there.document.removeAt !== undefined) {
    throw invalidRequest(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  }
  const isSame = made !== undefined && there.document.versions.some(({ id }) => id === made.id);
  if (!isSame) throw alreadyExists(`The operation failed because the secret ${name} already exists.`);
  await withVersion(parts, call, there, made);
  return created(there, made.id);
}

const created = (row: Pick<SecretRow, "scope" | "name" | "document">, versionId: string | undefined) => ({
  ARN: secretArn(row),
  Name: row.name,
  ...(versionId === undefined ? {} : { VersionId: versionId }),
});

function refuseUnbuilt({ AddReplicaRegions, Type, CrossAccountPrimaryARN }: CreateSecretRequest): void {
  const asked = Object.entries({ AddReplicaRegions, Type, CrossAccountPrimaryARN });
  const found = asked.find(([, value]) => value !== undefined && value.length > 0);
  if (found) throw errors.notYetAvailable(`${found[0]} of CreateSecret is not yet available in Sagebrush.`);
}

async function deleteLater(parts: Parts, call: Call, secretId: string, window: number | undefined) {
  const days = window ?? MOST_DAYS;
  if (days < LEAST_DAYS || days > MOST_DAYS) {
    throw invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
  }
  const removeAt = call.at + days * DAY_MS;
  const find = () => requireOwn(parts, call, secretId);
  const row = await changeSecret(parts, find, ({ document }) => ({ document: { ...document, removeAt } }), call.at);
  return { ARN: secretArn(row), Name: row.name, DeletionDate: removeAt / 1000 };
}

/** Also where there is none: AWS answers as if there had been one. */
async function deleteNow(parts: Parts, call: Call, secretId: string) {
  const row = await findSecret(parts, call, secretId);
  if (row === undefined && secretId.startsWith("arn:")) throw noSecret();
  if (row === undefined) {
    const unknown = {
      kind: SECRET,
      scope: scopeOf(call),
      name: secretId,
      document: { suffix: newSuffix(), versions: [] },
    };
    return { ARN: secretArn(unknown), Name: secretId, DeletionDate: call.at / 1000 };
  }
  // As it is now: reads and new values change it too.
  await again(async () => {
    const now = await parts.rows.get<SecretDocument>(row);
    if (now?.document.suffix !== row.document.suffix) return;
    refuseOwned(now);
    await removeSecret(parts, now);
  });
  return { ARN: secretArn(row), Name: row.name, DeletionDate: call.at / 1000 };
}

/** Removes a secret with its values. */
export async function removeSecret({ rows }: Pick<Parts, "rows">, row: SecretRow): Promise<void> {
  const { kind, scope, name } = row;
  const values = row.document.versions.map(({ id }) => valueKey(row, id));
  await rows.commit({
    expect: [{ key: { kind, scope, name }, version: row.version }],
    remove: [{ kind, scope, name }, ...values],
    events: [{ kind, scope, name, type: "deleted" }],
  });
}

const facts = (row: SecretRow) => {
  const { description, kmsKeyId, accessedAt, removeAt, tags, owningService } = row.document;
  return {
    ARN: secretArn(row),
    Name: row.name,
    ...(description === undefined ? {} : { Description: description }),
    ...(kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId }),
    CreatedDate: row.createdAt / 1000,
    LastChangedDate: row.modifiedAt / 1000,
    ...(accessedAt === undefined ? {} : { LastAccessedDate: accessedAt / 1000 }),
    ...(removeAt === undefined ? {} : { DeletedDate: removeAt / 1000 }),
    ...(tags === undefined ? {} : { Tags: tagList(tags) }),
    ...(owningService === undefined ? {} : { OwningService: owningService }),
  };
};

function described(row: SecretRow): DescribeSecretResponse {
  const stages = stagesById(row.document);
  return { ...facts(row), ...(stages && { VersionIdsToStages: stages }) };
}

function listed(row: SecretRow): SecretListEntry {
  const stages = stagesById(row.document);
  return { ...facts(row), ...(stages && { SecretVersionsToStages: stages }) };
}
