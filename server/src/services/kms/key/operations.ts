// Keys: made, described, switched off and on, and deleted after a time in which that can be taken back.
// Answers as recorded in LocalStack's tests/aws/services/kms/test_kms.snapshot.json; states: KMS developer guide, "Key
// states of KMS keys".
// Gap: keys of this server's own making, of one secret, RSA, ECC or HMAC; other specs and usages, imported material, key
// stores and keys of several regions are refused by name.
// Gap: of keys that AWS manages there are those of S3, SageMaker, Secrets Manager, ECR and SNS, listed once they have been named.
import { randomUUID } from "node:crypto";
import type { Operations as Contract, CreateKeyRequest, KeyMetadata } from "../../../../../contract/kms/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidState, unsupported } from "../errors.ts";
import { keyAction, onKey } from "../shared/access.ts";
import {
  arnOf,
  changeKey,
  currentMaterial,
  KEY,
  type KeyDocument,
  type KeyRow,
  type KeyState,
  keyArn,
  keyKey,
  type Parts,
  placeOf,
  requireKept,
  requireKey,
  scopeOf,
  sealMaterial,
  stateOf,
  type Usage,
} from "../shared/keyring.ts";
import { cut, startOf } from "../shared/paging.ts";
import { checkKeyPolicy, defaultPolicy } from "../shared/policy.ts";
import { findSpec, type Spec, SYMMETRIC, specAnswer, specOf, usageFor } from "../shared/specs.ts";
import { tagConditions, withTags } from "../shared/tags.ts";

const DEFAULT_PAGE = 100;
const DAY_MS = 86_400_000;
/** KMS API reference, ScheduleKeyDeletion, PendingWindowInDays. */
const LEAST_DAYS = 7;
const MOST_DAYS = 30;

export const key = (parts: Parts): Operations<Contract> => ({
  CreateKey: {
    permissions: (input, call) => [
      {
        action: "kms:CreateKey",
        resource: "*",
        conditions: {
          "kms:CallerAccount": call.account,
          "kms:KeySpec": input.KeySpec ?? input.CustomerMasterKeySpec ?? "SYMMETRIC_DEFAULT",
          "kms:KeyUsage": input.KeyUsage ?? "ENCRYPT_DECRYPT",
          "kms:KeyOrigin": input.Origin ?? "AWS_KMS",
          "kms:BypassPolicyLockoutSafetyCheck": String(input.BypassPolicyLockoutSafetyCheck ?? false),
          ...tagConditions(input.Tags ?? []),
        },
      },
    ],
    async run(input, call) {
      const { name, spec, usage } = kindOf(input);
      const id = randomUUID();
      const policy = input.Policy ?? defaultPolicy(call.account);
      const tags = withTags({}, input.Tags ?? []);
      if (input.Policy !== undefined) {
        await checkKeyPolicy(parts, call, id, { policy, bypass: input.BypassPolicyLockoutSafetyCheck === true });
      }
      const materials = [sealMaterial(parts, id, { bytes: await spec.make(), now: call.at })];
      const kind = name === SYMMETRIC ? {} : { spec: name, usage };
      const document: KeyDocument = { description: input.Description ?? "", policy, tags, materials, ...kind };
      const row = { ...keyKey(call, id), status: "Enabled", createdAt: call.at, modifiedAt: call.at, document };
      await parts.rows.commit({ expect: [{ key: keyKey(call, id), version: "absent" }], put: [row] });
      return { KeyMetadata: metadata({ ...row, version: 1 }) };
    },
  },
  DescribeKey: {
    permissions: keyAction(parts),
    run: async ({ KeyId }, call) => ({ KeyMetadata: metadata(await requireKey(parts, call, KeyId)) }),
  },
  ListKeys: {
    async run(input, call) {
      const limit = input.Limit ?? DEFAULT_PAGE;
      const range = { kind: KEY, scope: scopeOf(call), after: startOf(input), limit: limit + 1 };
      const page = cut(await parts.rows.scan<KeyDocument>(range), ({ name }) => name, limit);
      const { items, ...facts } = page;
      return { Keys: items.map(({ name }) => ({ KeyId: name, KeyArn: keyArn(call, name) })), ...facts };
    },
  },
  UpdateKeyDescription: {
    permissions: keyAction(parts),
    async run({ KeyId, Description }, call) {
      await changeKey(parts, call, KeyId, (row) => {
        requireKept(row);
        return { document: { ...row.document, description: Description } };
      });
      return {};
    },
  },
  EnableKey: turned(parts, "Enabled"),
  DisableKey: turned(parts, "Disabled"),
  ScheduleKeyDeletion: {
    permissions: (input, call) =>
      onKey(parts, call, input.KeyId, {
        conditions: { "kms:ScheduleKeyDeletionPendingWindowInDays": String(input.PendingWindowInDays ?? MOST_DAYS) },
      }),
    async run(input, call) {
      const days = input.PendingWindowInDays ?? MOST_DAYS;
      if (days < LEAST_DAYS || days > MOST_DAYS) {
        throw errors.validation(`PendingWindowInDays must be ${LEAST_DAYS} to ${MOST_DAYS}, got ${days}.`);
      }
      const deleteAt = call.at + days * DAY_MS;
      const row = await changeKey(parts, call, input.KeyId, (found) => {
        requireKept(found);
        return { status: "PendingDeletion", document: { ...found.document, deleteAt } };
      });
      return {
        KeyId: arnOf(row),
        DeletionDate: deleteAt / 1000,
        KeyState: "PendingDeletion",
        PendingWindowInDays: days,
      };
    },
  },
  CancelKeyDeletion: {
    permissions: keyAction(parts),
    async run({ KeyId }, call) {
      const row = await changeKey(parts, call, KeyId, (found) => {
        const isPending = stateOf(found) === "PendingDeletion";
        if (!isPending) throw invalidState(`${arnOf(found)} is not pending deletion.`);
        return { status: "Disabled", document: { ...found.document, deleteAt: undefined } };
      });
      return { KeyId: arnOf(row) };
    },
  },
});

const turned = (parts: Parts, status: KeyState) => ({
  permissions: keyAction(parts),
  async run({ KeyId }: { readonly KeyId: string }, call: Call) {
    await changeKey(parts, call, KeyId, (row) => {
      requireKept(row);
      return { status };
    });
    return {};
  },
});

/** @throws ApiError UnsupportedOperation naming what is asked for and not built, Validation */
function kindOf(input: CreateKeyRequest): { readonly name: string; readonly spec: Spec; readonly usage: Usage } {
  const { KeySpec, CustomerMasterKeySpec, KeyUsage, Origin, MultiRegion, CustomKeyStoreId, XksKeyId } = input;
  if (KeySpec !== undefined && CustomerMasterKeySpec !== undefined) {
    throw errors.validation("You cannot specify KeySpec and CustomerMasterKeySpec in the same request.");
  }
  const name = KeySpec ?? CustomerMasterKeySpec ?? SYMMETRIC;
  const spec = findSpec(name);
  const asked: Readonly<Record<string, boolean>> = {
    [`KeyUsage ${KeyUsage}`]: KeyUsage === "KEY_AGREEMENT" || KeyUsage === "ENCAPSULATE_DECAPSULATE",
    [`Origin ${Origin}`]: Origin !== undefined && Origin !== "AWS_KMS",
    MultiRegion: MultiRegion === true,
    CustomKeyStoreId: CustomKeyStoreId !== undefined,
    XksKeyId: XksKeyId !== undefined,
  };
  const found = Object.entries(asked).find(([, isAsked]) => isAsked);
  if (found) throw unsupported(`${found[0]} is not yet available in Sagebrush.`);
  if (spec === undefined) throw unsupported(`KeySpec ${name} is not yet available in Sagebrush.`);
  return { name, spec, usage: usageFor(name, KeyUsage) };
}

function metadata(row: KeyRow): KeyMetadata {
  const { document } = row;
  const state = stateOf(row);
  return {
    AWSAccountId: placeOf(row).account,
    KeyId: row.name,
    Arn: arnOf(row),
    CreationDate: row.createdAt / 1000,
    Enabled: state === "Enabled",
    Description: document.description,
    KeyState: state,
    ...(document.deleteAt === undefined ? {} : { DeletionDate: document.deleteAt / 1000 }),
    Origin: "AWS_KMS",
    KeyManager: document.managedFor === undefined ? "CUSTOMER" : "AWS",
    ...specAnswer(row),
    MultiRegion: false,
    ...(state === "PendingDeletion" || specOf(row) !== SYMMETRIC
      ? {}
      : { CurrentKeyMaterialId: currentMaterial(row).id }),
  };
}
