// Aliases: names of keys in an account and region. Answers as recorded in LocalStack's
// tests/aws/services/kms/test_kms.snapshot.json; rules: KMS API reference, CreateAlias and UpdateAlias.
import type { AliasListEntry, Operations as Contract } from "../../../../../contract/kms/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { Conflict, type Row, type RowWrite } from "../../../store/rows/rows.ts";
import { alreadyExists, notAuthorized } from "../errors.ts";
import { onAlias, onKey, refuseElsewhere } from "../shared/access.ts";
import {
  ALIAS,
  type AliasDocument,
  aliasArn,
  aliasKey,
  isAliasName,
  noAlias,
  noKey,
  type Parts,
  requireKept,
  requireKey,
  scopeOf,
  whileKeyStays,
} from "../shared/keyring.ts";
import { pageOf } from "../shared/paging.ts";

const DEFAULT_PAGE = 50;

export const alias = (parts: Parts): Operations<Contract> => ({
  CreateAlias: {
    permissions: async (input, call) => [
      onAlias(call, input.AliasName),
      ...(await onKey(parts, call, input.TargetKeyId)),
    ],
    async run({ AliasName, TargetKeyId }, call) {
      checkName(AliasName);
      const target = requireKept(await requireKey(parts, call, refuseAlias(TargetKeyId)));
      const exists = () => alreadyExists(`An alias with the name ${aliasArn(call, AliasName)} already exists`);
      const row = aliasRow(call, AliasName, { keyId: target.name, createdAt: call.at });
      await putAlias(parts, call, { row, version: "absent", otherwise: exists });
      return {};
    },
  },
  UpdateAlias: {
    permissions: async (input, call) => {
      const old = await aliasOf(parts, call, input.AliasName);
      return [
        onAlias(call, input.AliasName),
        ...(old === undefined ? [] : await onKey(parts, call, old.document.keyId)),
        ...(await onKey(parts, call, input.TargetKeyId)),
      ];
    },
    async run({ AliasName, TargetKeyId }, call) {
      checkName(AliasName);
      const old = await requireAlias(parts, call, AliasName);
      const target = requireKept(await requireKey(parts, call, refuseAlias(TargetKeyId)));
      const row = aliasRow(call, AliasName, { keyId: target.name, createdAt: old.createdAt });
      await putAlias(parts, call, { row, version: "present", otherwise: () => noAlias(call, AliasName) });
      return {};
    },
  },
  DeleteAlias: {
    permissions: async (input, call) => {
      const old = await aliasOf(parts, call, input.AliasName);
      return [
        onAlias(call, input.AliasName),
        ...(old === undefined ? [] : await onKey(parts, call, old.document.keyId)),
      ];
    },
    async run({ AliasName }, call) {
      checkName(AliasName);
      await requireAlias(parts, call, AliasName);
      await parts.rows.commit({ remove: [aliasKey(call, AliasName)] });
      return {};
    },
  },
  ListAliases: {
    async run(input, call) {
      if (input.KeyId !== undefined) refuseElsewhere(call, input.KeyId);
      const only = input.KeyId === undefined ? undefined : (await requireKey(parts, call, input.KeyId)).name;
      const all = (await everyAlias(parts, call)).filter(
        ({ document }) => only === undefined || document.keyId === only,
      );
      const { items, ...facts } = pageOf(all, ({ name }) => name, input, DEFAULT_PAGE);
      return { Aliases: items.map((row) => entry(call, row)), ...facts };
    },
  },
});

/** @throws ApiError Validation, NotAuthorized for names that AWS keeps for its own */
function checkName(name: string): void {
  if (!name.startsWith("alias/")) {
    throw errors.validation(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  }
  if (name === "alias/") throw errors.validation("An alias has at least one character behind alias/.");
  if (name.startsWith("alias/aws/")) throw notAuthorized("");
}

/** @throws ApiError Validation: an alias names a key, not another alias */
function refuseAlias(target: string): string {
  if (isAliasName(target)) throw errors.validation("Aliases must refer to keys. Not aliases");
  return target;
}

function aliasRow(
  call: Call,
  name: string,
  { keyId, createdAt }: { readonly keyId: string; readonly createdAt: number },
): RowWrite<AliasDocument> {
  return { ...aliasKey(call, name), status: "", parent: keyId, createdAt, modifiedAt: call.at, document: { keyId } };
}

interface Put {
  readonly row: RowWrite<AliasDocument>;
  readonly version: "absent" | "present";
  /** The answer when the alias is there, or is not, against the expectation. */
  readonly otherwise: () => Error;
}

/** @throws ApiError NotFound when the key has gone meanwhile, and what `otherwise` gives */
async function putAlias(parts: Parts, call: Call, { row, version, otherwise }: Put): Promise<void> {
  const { keyId } = row.document;
  const expect = [{ key: aliasKey(call, row.name), version }, whileKeyStays(call, keyId)];
  try {
    await parts.rows.commit({ expect, put: [row] });
  } catch (cause) {
    if (!(cause instanceof Conflict)) throw cause;
    throw cause.expectation.key.kind === ALIAS ? otherwise() : noKey(call, keyId);
  }
}

const aliasOf = (parts: Parts, call: Call, name: string) => parts.rows.get<AliasDocument>(aliasKey(call, name));

/** @throws ApiError NotFound */
async function requireAlias(parts: Parts, call: Call, name: string): Promise<Row<AliasDocument>> {
  const found = await aliasOf(parts, call, name);
  if (found === undefined) throw noAlias(call, name);
  return found;
}

const BATCH = 500;

async function everyAlias(parts: Parts, call: Call): Promise<readonly Row<AliasDocument>[]> {
  const found: Row<AliasDocument>[] = [];
  for (let after: string | undefined; ; ) {
    const rows = await parts.rows.scan<AliasDocument>({ kind: ALIAS, scope: scopeOf(call), after, limit: BATCH });
    found.push(...rows);
    after = rows.at(-1)?.name;
    if (rows.length < BATCH) return found;
  }
}

const entry = (call: Call, row: Row<AliasDocument>): AliasListEntry => ({
  AliasName: row.name,
  AliasArn: aliasArn(call, row.name),
  TargetKeyId: row.document.keyId,
  CreationDate: row.createdAt / 1000,
  LastUpdatedDate: row.modifiedAt / 1000,
});
