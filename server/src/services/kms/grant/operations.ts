// Grants: permissions on one key for one principal, beside its policy. They count at once and without a token.
// Source: KMS developer guide, "Grants in KMS"; KMS API reference, CreateGrant and RetireGrant.
// Gap: grants on keys of another account are made, listed and retired by that account's own principals only.
// Gap: grants for principals of services, and the constraint SourceArn, are refused by name.
import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Operations as Contract, CreateGrantRequest, GrantListEntry } from "../../../../../contract/kms/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { dryRun, invalidArn, invalidGrantToken, notFound } from "../errors.ts";
import { keyAction, onKey } from "../shared/access.ts";
import { allGrants, type GrantDocument, type GrantRow, grantIdOf, grantKey } from "../shared/grants.ts";
import { keyArn, noKey, type Parts, requireEnabled, requireKey, whileKeyStays } from "../shared/keyring.ts";
import { pageOf } from "../shared/paging.ts";
import { requireGrantable } from "../shared/specs.ts";

const DEFAULT_PAGE = 50;
/** AWS's grant ids are 64 hexadecimal digits. */
const ID_BYTES = 32;

export const grant = (parts: Parts): Operations<Contract> => ({
  CreateGrant: {
    permissions: (input, call) =>
      onKey(parts, call, input.KeyId, {
        newGrant: { operations: input.Operations, constraints: input.Constraints },
        conditions: {
          "kms:GrantOperations": input.Operations,
          "kms:GrantIsForAWSResource": "false",
          ...(input.GranteePrincipal === undefined ? {} : { "kms:GranteePrincipal": input.GranteePrincipal }),
          ...(input.RetiringPrincipal === undefined ? {} : { "kms:RetiringPrincipal": input.RetiringPrincipal }),
          ...(input.Constraints === undefined ? {} : { "kms:GrantConstraintType": Object.keys(input.Constraints) }),
        },
      }),
    async run(input, call) {
      const row = requireEnabled(await requireKey(parts, call, input.KeyId));
      const document = grantOf(input, row.name);
      requireGrantable(row, document.operations);
      if (input.DryRun) throw dryRun();
      const same = document.name === undefined ? undefined : await twin(parts, call, document);
      const id = same === undefined ? randomBytes(ID_BYTES).toString("hex") : grantIdOf(same);
      if (same === undefined) {
        await putGrant(parts, call, { id, document });
      }
      return { GrantId: id, GrantToken: writeToken(row.name, id) };
    },
  },
  ListGrants: {
    permissions: keyAction(parts),
    async run(input, call) {
      const { name } = await requireKey(parts, call, input.KeyId);
      const wanted = (await allGrants(parts, call, name)).filter(
        (row) =>
          (input.GrantId === undefined || grantIdOf(row) === input.GrantId) &&
          (input.GranteePrincipal === undefined || row.document.grantee === input.GranteePrincipal) &&
          input.GranteeServicePrincipal === undefined,
      );
      const { items, ...facts } = pageOf(wanted, ({ name: of }) => of, input, DEFAULT_PAGE);
      return { Grants: items.map((row) => entry(call, row)), ...facts };
    },
  },
  ListRetirableGrants: {
    async run(input, call) {
      const wanted = (await allGrants(parts, call)).filter(
        ({ document }) => document.retiring !== undefined && document.retiring === input.RetiringPrincipal,
      );
      const { items, ...facts } = pageOf(wanted, ({ name }) => name, input, DEFAULT_PAGE);
      return { Grants: items.map((row) => entry(call, row)), ...facts };
    },
  },
  RevokeGrant: {
    permissions: keyAction(parts),
    async run({ KeyId, GrantId, DryRun }, call) {
      const { name } = await requireKey(parts, call, KeyId);
      await removeGrant(parts, call, { keyId: name, grantId: GrantId, isDry: DryRun === true });
      return {};
    },
  },
  RetireGrant: {
    permissions: (input, call) => {
      const { keyId, grantId } = named(input);
      return onKey(parts, call, keyId, { grantId });
    },
    async run(input, call) {
      const { keyId, grantId } = named(input);
      const { name } = await requireKey(parts, call, keyId);
      await removeGrant(parts, call, { keyId: name, grantId, isDry: input.DryRun === true });
      return {};
    },
  },
});

/** An account, a user, a role, or a session of one (KMS API reference, CreateGrant, GranteePrincipal). */
const PRINCIPAL = /^arn:aws[\w-]*:(iam::\d{12}:(root|(user|role)\/.+)|sts::\d{12}:(assumed-role|federated-user)\/.+)$/;

/** @throws ApiError InvalidArn, Validation */
function grantOf(input: CreateGrantRequest, keyId: string): GrantDocument {
  const { GranteePrincipal, RetiringPrincipal, GranteeServicePrincipal, RetiringServicePrincipal, Constraints } = input;
  const unbuilt = {
    GranteeServicePrincipal: GranteeServicePrincipal !== undefined,
    RetiringServicePrincipal: RetiringServicePrincipal !== undefined,
    "Constraints.SourceArn": Constraints?.SourceArn !== undefined,
  };
  const found = Object.entries(unbuilt).find(([, isAsked]) => isAsked);
  if (found) throw errors.validation(`${found[0]} is not yet available in Sagebrush: leave it out.`);
  if (GranteePrincipal === undefined) throw errors.validation("GranteePrincipal is required.");
  for (const principal of [GranteePrincipal, RetiringPrincipal ?? GranteePrincipal]) {
    if (!PRINCIPAL.test(principal)) throw invalidArn("ARN does not refer to a valid principal");
  }
  return {
    keyId,
    name: input.Name,
    grantee: GranteePrincipal,
    retiring: RetiringPrincipal,
    operations: input.Operations,
    constraints: Constraints,
  };
}

/** The grant that an earlier call with the same name and the same words made: it is given back, not made twice. */
async function twin(parts: Parts, call: Call, document: GrantDocument): Promise<GrantRow | undefined> {
  const asKept: unknown = JSON.parse(JSON.stringify(document));
  return (await allGrants(parts, call, document.keyId)).find((row) => isDeepStrictEqual(row.document, asKept));
}

/** @throws ApiError NotFound when the key has gone meanwhile */
async function putGrant(
  parts: Parts,
  call: Call,
  { id, document }: { readonly id: string; readonly document: GrantDocument },
): Promise<void> {
  const { keyId } = document;
  const times = { createdAt: call.at, modifiedAt: call.at };
  const row = { ...grantKey(call, keyId, id), status: "", ...times, document };
  try {
    await parts.rows.commit({ expect: [whileKeyStays(call, keyId)], put: [row] });
  } catch (cause) {
    throw cause instanceof Conflict ? noKey(call, keyId) : cause;
  }
}

/** @throws ApiError NotFound */
async function removeGrant(
  parts: Parts,
  call: Call,
  { keyId, grantId, isDry }: { readonly keyId: string; readonly grantId: string; readonly isDry: boolean },
): Promise<void> {
  const key = grantKey(call, keyId, grantId);
  if ((await parts.rows.get(key)) === undefined) {
    throw notFound(`Grant ID ${grantId} not found for key ${keyArn(call, keyId)}`);
  }
  if (isDry) throw dryRun();
  await parts.rows.commit({ remove: [key] });
}

const writeToken = (keyId: string, grantId: string): string => Buffer.from(`${keyId}/${grantId}`).toString("base64url");

/** Which grant a caller retires. @throws ApiError InvalidGrantToken, Validation */
function named(input: {
  readonly GrantToken?: string | undefined;
  readonly KeyId?: string | undefined;
  readonly GrantId?: string | undefined;
}): { readonly keyId: string; readonly grantId: string } {
  const { GrantToken, KeyId, GrantId } = input;
  if (GrantToken !== undefined) {
    const [, keyId, grantId] =
      /^([0-9a-f-]{36})\/([0-9a-f]{64})$/.exec(Buffer.from(GrantToken, "base64url").toString()) ?? [];
    if (keyId === undefined || grantId === undefined)
      throw invalidGrantToken("The grant token is none of this service.");
    return { keyId, grantId };
  }
  if (KeyId === undefined || GrantId === undefined) {
    throw errors.validation("Either GrantToken, or KeyId and GrantId are required.");
  }
  return { keyId: KeyId, grantId: GrantId };
}

function entry(call: Call, row: GrantRow): GrantListEntry {
  const { document } = row;
  return {
    KeyId: keyArn(call, document.keyId),
    GrantId: grantIdOf(row),
    Name: document.name ?? "",
    CreationDate: row.createdAt / 1000,
    GranteePrincipal: document.grantee,
    ...(document.retiring === undefined ? {} : { RetiringPrincipal: document.retiring }),
    IssuingAccount: `arn:aws:iam::${call.account}:root`,
    Operations: document.operations,
    ...(document.constraints === undefined ? {} : { Constraints: document.constraints }),
  };
}
