// Versions of secrets: their values read and written, their labels moved.
// Source: Secrets Manager API reference, and answers recorded in LocalStack's snapshot of secretsmanager.
import type { Operations as Contract, GetSecretValueRequest } from "../../../../../contract/secretsmanager/types.ts";
import type { Call } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidParameter, invalidRequest, notFound } from "../errors.ts";
import { filteredSecrets } from "../shared/filters.ts";
import { pageInOrder } from "../shared/paging.ts";
import {
  changeSecret,
  onSecret,
  type Parts,
  requireKept,
  requireOwn,
  requireSecret,
  type SecretRow,
  type SecretVersion,
  secretAction,
  secretArn,
} from "../shared/secrets.ts";
import { attach, CURRENT, detach, holderOf } from "../shared/stages.ts";
import { givenValue, openValue, shownValue } from "../shared/values.ts";
import { requireToken, withVersion } from "../shared/versions.ts";

const DAY_MS = 86_400_000;
const DEFAULT_PAGE = 100;
/** Secrets Manager API reference, BatchGetSecretValue. */
const BATCH = 20;
/** What a version says of its key when that is the server's own. */
const DEFAULT_KEY = "DefaultEncryptionKey";

export const secretValue = (parts: Parts): Operations<Contract> => ({
  GetSecretValue: {
    permissions: async (input, call) => [await toRead(parts, call, input)],
    run: (input, call) => readSecret(parts, call, input),
  },
  BatchGetSecretValue: {
    async run({ SecretIdList, Filters, MaxResults, NextToken }, call) {
      if ((SecretIdList === undefined) === (Filters === undefined)) {
        throw invalidParameter("You must include either Filters or SecretIdList, and not both.");
      }
      if (SecretIdList !== undefined) return await readEach(parts, call, SecretIdList);
      const found = await filteredSecrets(parts, call, { filters: Filters ?? [], withDeleted: false });
      const order = { position: ({ createdAt, name }: SecretRow) => [createdAt, name] as const, descending: false };
      const { items, ...more } = pageInOrder(found, order, { limit: MaxResults ?? BATCH, token: NextToken });
      return { ...(await readEach(parts, call, items.map(secretArn))), ...more };
    },
  },
  PutSecretValue: {
    permissions: secretAction(parts),
    async run({ SecretId, ClientRequestToken, VersionStages, RotationToken: _, ...input }, call) {
      const id = requireToken(ClientRequestToken);
      const value = givenValue(input);
      if (value === undefined) throw invalidRequest("You must provide either SecretString or SecretBinary.");
      const labels = VersionStages ?? [CURRENT];
      const find = () => requireOwn(parts, call, SecretId);
      const change = (row: SecretRow) =>
        withVersion(parts, call, row, { id, value, kmsKeyId: row.document.kmsKeyId, labels });
      const row = await changeSecret(parts, find, change, call.at);
      const stages = row.document.versions.find((version) => version.id === id)?.stages ?? [];
      return { ARN: secretArn(row), Name: row.name, VersionId: id, VersionStages: stages };
    },
  },
  UpdateSecretVersionStage: {
    permissions: async ({ SecretId, VersionStage }, call) => [
      await onSecret(parts, call, SecretId, { conditions: { "secretsmanager:VersionStage": VersionStage } }),
    ],
    async run({ SecretId, VersionStage, RemoveFromVersionId, MoveToVersionId }, call) {
      const find = () => requireOwn(parts, call, SecretId);
      const change = ({ document }: SecretRow) => {
        const move = { label: VersionStage, from: RemoveFromVersionId, to: MoveToVersionId };
        return { document: { ...document, versions: moved(document.versions, move) } };
      };
      const row = await changeSecret(parts, find, change, call.at);
      return { ARN: secretArn(row), Name: row.name };
    },
  },
  ListSecretVersionIds: {
    permissions: secretAction(parts),
    async run({ SecretId, MaxResults, NextToken, IncludeDeprecated }, call) {
      const row = await requireSecret(parts, call, SecretId);
      const shown = row.document.versions.filter(({ stages }) => IncludeDeprecated === true || stages.length > 0);
      const order = { position: ({ createdAt, id }: SecretVersion) => [createdAt, id] as const, descending: false };
      const { items, ...more } = pageInOrder(shown, order, { limit: MaxResults ?? DEFAULT_PAGE, token: NextToken });
      return { ARN: secretArn(row), Name: row.name, Versions: items.map(listed), ...more };
    },
  },
});

const listed = ({ id, stages, createdAt, accessedAt, kmsKeyId }: SecretVersion) => ({
  VersionId: id,
  ...(stages.length === 0 ? {} : { VersionStages: stages }),
  ...(accessedAt === undefined ? {} : { LastAccessedDate: accessedAt / 1000 }),
  CreatedDate: createdAt / 1000,
  KmsKeyIds: [kmsKeyId ?? DEFAULT_KEY],
});

const toRead = (parts: Parts, call: Call, { SecretId, VersionId, VersionStage }: GetSecretValueRequest) =>
  onSecret(parts, call, SecretId, {
    action: "GetSecretValue",
    conditions: {
      ...(VersionId === undefined ? {} : { "secretsmanager:VersionId": VersionId }),
      "secretsmanager:VersionStage": VersionStage ?? CURRENT,
    },
  });

async function readSecret(parts: Parts, call: Call, input: GetSecretValueRequest) {
  const row = await requireKept(parts, call, input.SecretId);
  const version = chosen(row, input);
  refuseStrangers(call, row, version);
  const value = await openValue(parts, call, row, version);
  await noteRead(parts, call, { secretId: secretArn(row), versionId: version.id });
  return {
    ARN: secretArn(row),
    Name: row.name,
    VersionId: version.id,
    ...shownValue(value),
    VersionStages: version.stages,
    CreatedDate: version.createdAt / 1000,
  };
}

/**
 * The key that AWS manages for secrets is for its own account, whatever the secret's policy says (user guide, "Access AWS
 * Secrets Manager secrets from a different account"). @throws ApiError InvalidRequest
 */
function refuseStrangers(call: Call, { scope }: SecretRow, { kmsKeyId }: SecretVersion): void {
  if (kmsKeyId !== undefined || scope.split("/")[0] === call.account) return;
  throw invalidRequest(
    "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
  );
}

/** @throws ApiError ResourceNotFound, InvalidRequest */
function chosen({ document }: SecretRow, { VersionId, VersionStage }: GetSecretValueRequest): SecretVersion {
  const { versions } = document;
  if (VersionId === undefined) {
    const stage = VersionStage ?? CURRENT;
    const found = holderOf(versions, stage);
    if (found) return found;
    throw notFound(`Secrets Manager can't find the specified secret value for staging label: ${stage}`);
  }
  const found = versions.find(({ id }) => id === VersionId);
  if (found === undefined) {
    throw notFound(`Secrets Manager can't find the specified secret value for VersionId: ${VersionId}`);
  }
  if (VersionStage === undefined || found.stages.includes(VersionStage)) return found;
  throw invalidRequest("You provided a VersionStage that is not associated to the provided VersionId.");
}

/** The day of the last read, of the secret and of the version: written once a day. */
async function noteRead(
  parts: Parts,
  call: Call,
  { secretId, versionId }: { readonly secretId: string; readonly versionId: string },
): Promise<void> {
  const today = call.at - (call.at % DAY_MS);
  const find = () => requireSecret(parts, call, secretId);
  const change = ({ document }: SecretRow) => {
    const version = document.versions.find(({ id }) => id === versionId);
    if (version === undefined || version.accessedAt === today) return undefined;
    const versions = document.versions.map((one) => (one.id === versionId ? { ...one, accessedAt: today } : one));
    return { document: { ...document, accessedAt: today, versions }, isChange: false as const };
  };
  await changeSecret(parts, find, change, call.at);
}

/** Each as the caller may read it; what cannot be read is told beside. */
async function readEach(parts: Parts, call: Call, ids: readonly string[]) {
  const values = [];
  const failures = [];
  for (const id of ids) {
    try {
      await call.authorize([await toRead(parts, call, { SecretId: id })]);
      const { VersionStages, ...found } = await readSecret(parts, call, { SecretId: id });
      values.push({ ...found, VersionStages });
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      failures.push({ SecretId: id, ErrorCode: cause.code, Message: cause.message });
    }
  }
  return { SecretValues: values, Errors: failures };
}

interface LabelMove {
  readonly label: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** @throws ApiError InvalidParameter when the label does not stand where the request says, ResourceNotFound */
function moved(versions: readonly SecretVersion[], { label, from, to }: LabelMove): readonly SecretVersion[] {
  if (from === undefined && to === undefined) {
    throw invalidParameter("You must specify RemoveFromVersionId, MoveToVersionId, or both.");
  }
  const missing = [from, to].find((id) => id !== undefined && !versions.some((version) => version.id === id));
  if (missing !== undefined) {
    throw notFound(`Secrets Manager can't find the specified secret value for VersionId: ${missing}`);
  }
  const holder = holderOf(versions, label)?.id;
  if (holder !== undefined && holder !== to && from === undefined) {
    throw invalidParameter(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  if (from !== undefined && holder !== from) {
    throw invalidParameter(
      `Staging label ${label} is ${holder === undefined ? "not attached to any version" : `currently attached to version ${holder}`}, not to version ${from} of RemoveFromVersionId.`,
    );
  }
  if (to !== undefined) return attach(versions, to, [label]);
  if (label === CURRENT) throw invalidParameter(`Staging label ${CURRENT} can be moved, but not removed.`);
  return detach(versions, label);
}
