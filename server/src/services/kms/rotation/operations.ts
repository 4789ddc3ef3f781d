// Rotation: a key gets new material once in a period or on demand, and keeps what it had for old ciphertexts.
// Source: KMS developer guide, "Rotate KMS keys"; limits and answers as recorded in LocalStack's
// tests/aws/services/kms/test_kms.snapshot.json.
import type { Operations as Contract, RotationsListEntry } from "../../../../../contract/kms/types.ts";
import type { Operations } from "../../../core/service.ts";
import { limitExceeded, unsupported } from "../errors.ts";
import { keyAction, onKey } from "../shared/access.ts";
import {
  arnOf,
  changeKey,
  type KeyRow,
  type Material,
  newMaterial,
  type Parts,
  requireEnabled,
  requireKey,
  stateOf,
} from "../shared/keyring.ts";
import { pageOf } from "../shared/paging.ts";
import { SYMMETRIC, specOf } from "../shared/specs.ts";

const DEFAULT_PERIOD_DAYS = 365;
const DEFAULT_PAGE = 100;
const MOST_ON_DEMAND = 10;
const DAY_MS = 86_400_000;

export const rotation = (parts: Parts): Operations<Contract> => ({
  EnableKeyRotation: {
    permissions: (input, call) =>
      onKey(parts, call, input.KeyId, {
        conditions: { "kms:RotationPeriodInDays": String(input.RotationPeriodInDays ?? DEFAULT_PERIOD_DAYS) },
      }),
    async run({ KeyId, RotationPeriodInDays }, call) {
      await changeKey(parts, call, KeyId, (row) => {
        requireRotatable(row);
        const old = row.document.rotation;
        const periodDays = RotationPeriodInDays ?? old?.periodDays ?? DEFAULT_PERIOD_DAYS;
        const isAsBefore = old?.periodDays === periodDays;
        const next = isAsBefore ? old : { periodDays, nextAt: call.at + periodDays * DAY_MS };
        return { document: { ...row.document, rotation: next } };
      });
      return {};
    },
  },
  DisableKeyRotation: {
    permissions: keyAction(parts),
    async run({ KeyId }, call) {
      await changeKey(parts, call, KeyId, (row) => {
        requireRotatable(row);
        return { document: { ...row.document, rotation: undefined } };
      });
      return {};
    },
  },
  GetKeyRotationStatus: {
    permissions: keyAction(parts),
    async run({ KeyId }, call) {
      const row = await requireKey(parts, call, KeyId);
      const arn = arnOf(row);
      const set = stateOf(row) === "PendingDeletion" ? undefined : row.document.rotation;
      if (set === undefined) return { KeyId: arn, KeyRotationEnabled: false };
      return {
        KeyId: arn,
        KeyRotationEnabled: true,
        RotationPeriodInDays: set.periodDays,
        NextRotationDate: set.nextAt / 1000,
      };
    },
  },
  RotateKeyOnDemand: {
    permissions: keyAction(parts),
    async run({ KeyId }, call) {
      const changed = await changeKey(parts, call, KeyId, (row) => {
        requireRotatable(row);
        const { materials } = row.document;
        if (materials.filter(({ rotation: how }) => how === "ON_DEMAND").length >= MOST_ON_DEMAND) {
          throw limitExceeded(
            "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be " +
              `performed for this key: ${arnOf(row)}`,
          );
        }
        const material = newMaterial(parts, row.name, call.at, "ON_DEMAND");
        return { document: { ...row.document, materials: [...materials, material] } };
      });
      return { KeyId: arnOf(changed) };
    },
  },
  ListKeyRotations: {
    permissions: keyAction(parts),
    async run(input, call) {
      const row = await requireKey(parts, call, input.KeyId);
      const { materials } = row.document;
      const isWanted = ({ rotation: how }: Material) =>
        how !== undefined || input.IncludeKeyMaterial === "ALL_KEY_MATERIAL";
      const numbered = materials.map((material, at) => ({ material, at })).filter(({ material }) => isWanted(material));
      const { items, ...facts } = pageOf(numbered, ({ at }) => String(at).padStart(6, "0"), input, DEFAULT_PAGE);
      return { Rotations: items.map(({ material }) => entry(row, material)), ...facts };
    },
  },
});

/** @throws ApiError UnsupportedOperation for keys of other specs, and as `requireEnabled` */
function requireRotatable(row: KeyRow): void {
  if (specOf(row) !== SYMMETRIC) throw unsupported("");
  requireEnabled(row);
}

const entry = (row: KeyRow, material: Material): RotationsListEntry => ({
  KeyId: arnOf(row),
  KeyMaterialId: material.id,
  KeyMaterialState: material === row.document.materials.at(-1) ? "CURRENT" : "NON_CURRENT",
  ...(material.rotation === undefined
    ? {}
    : { RotationDate: material.createdAt / 1000, RotationType: material.rotation }),
});
