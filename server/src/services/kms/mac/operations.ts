// Message authentication codes (HMAC, RFC 2104): GenerateMac, VerifyMac. KMS API reference; answers as recorded in LocalStack's
// tests/aws/services/kms/test_kms.snapshot.json.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Operations as Contract, GenerateMacRequest } from "../../../../../contract/kms/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import { dryRun, invalidMac } from "../errors.ts";
import { onKey } from "../shared/access.ts";
import { arnOf, currentMaterial, openMaterial, type Parts, requireEnabled, requireKey } from "../shared/keyring.ts";
import { requireUsage } from "../shared/specs.ts";

export const mac = (parts: Parts): Operations<Contract> => {
  const permissions = ({ KeyId, MacAlgorithm }: GenerateMacRequest, call: Call) =>
    onKey(parts, call, KeyId, { conditions: { "kms:MacAlgorithm": MacAlgorithm } });
  const macOf = async ({ KeyId, MacAlgorithm, Message, DryRun }: GenerateMacRequest, call: Call) => {
    const row = requireEnabled(await requireKey(parts, call, KeyId));
    requireUsage(call, row, { usage: "GENERATE_VERIFY_MAC", algorithm: MacAlgorithm });
    if (DryRun) throw dryRun();
    const key = openMaterial(parts, row.name, currentMaterial(row));
    const bytes = createHmac(`sha${MacAlgorithm.slice(-3)}`, key)
      .update(Message)
      .digest();
    return { bytes, answer: { KeyId: arnOf(row), MacAlgorithm } };
  };
  return {
    GenerateMac: {
      permissions,
      async run(input, call) {
        const { bytes, answer } = await macOf(input, call);
        return { ...answer, Mac: bytes };
      },
    },
    VerifyMac: {
      permissions,
      async run(input, call) {
        const { bytes, answer } = await macOf(input, call);
        if (bytes.length !== input.Mac.length || !timingSafeEqual(bytes, input.Mac)) throw invalidMac();
        return { ...answer, MacValid: true };
      },
    },
  };
};
