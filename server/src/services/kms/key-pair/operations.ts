// Pairs of keys for use outside, the private one also encrypted under a key of KMS. KMS API reference, GenerateDataKeyPair.
import type { Operations as Contract, GenerateDataKeyPairRequest } from "../../../../../contract/kms/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { dryRun } from "../errors.ts";
import { onKey } from "../shared/access.ts";
import { encrypt } from "../shared/ciphertext.ts";
import { arnOf, currentMaterial, type Parts, requireEnabled, requireKey } from "../shared/keyring.ts";
import { publicDer, readPrivateKey } from "../shared/pairs.ts";
import { findSpec, isPair, requireUsage, SYMMETRIC } from "../shared/specs.ts";

export const keyPair = (parts: Parts): Operations<Contract> => {
  const permissions = ({ KeyId, KeyPairSpec, EncryptionContext = {} }: GenerateDataKeyPairRequest, call: Call) =>
    onKey(parts, call, KeyId, {
      encryptionContext: EncryptionContext,
      conditions: { "kms:DataKeyPairSpec": KeyPairSpec },
    });
  const make = async ({ KeyId, KeyPairSpec, EncryptionContext, ...input }: GenerateDataKeyPairRequest, call: Call) => {
    if (input.Recipient !== undefined)
      throw errors.validation("Recipient is not yet available in Sagebrush: leave it out.");
    const spec = isPair(KeyPairSpec) ? findSpec(KeyPairSpec) : undefined;
    if (spec === undefined) throw errors.validation(`KeyPairSpec ${KeyPairSpec} is not yet available in Sagebrush.`);
    const row = requireEnabled(await requireKey(parts, call, KeyId));
    requireUsage(call, row, { usage: "ENCRYPT_DECRYPT", algorithm: SYMMETRIC });
    if (input.DryRun) throw dryRun();
    const der = await spec.make();
    return {
      PrivateKeyPlaintext: der,
      PrivateKeyCiphertextBlob: encrypt(parts, row, der, EncryptionContext),
      PublicKey: publicDer(readPrivateKey(der)),
      KeyId: arnOf(row),
      KeyPairSpec,
      KeyMaterialId: currentMaterial(row).id,
    };
  };
  return {
    GenerateDataKeyPair: { permissions, run: make },
    GenerateDataKeyPairWithoutPlaintext: {
      permissions,
      async run(input, call) {
        const { PrivateKeyPlaintext: _, ...answer } = await make(input, call);
        return answer;
      },
    },
  };
};
