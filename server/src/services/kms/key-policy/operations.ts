// The policy of a key: who may use it. It takes part in every decision about the key (shared/access.ts).
// Gap: that principals of a policy exist is not checked; the condition keys kms:ResourceAliases and kms:ReEncryptOnSameKey have
// no value.
import type { Operations as Contract } from "../../../../../contract/kms/types.ts";
import type { Operations } from "../../../core/service.ts";
import { notFound } from "../errors.ts";
import { keyAction, onKey } from "../shared/access.ts";
import { changeKey, type Parts, requireKey } from "../shared/keyring.ts";
import { checkKeyPolicy, POLICY_NAME } from "../shared/policy.ts";

export const keyPolicy = (parts: Parts): Operations<Contract> => ({
  GetKeyPolicy: {
    permissions: keyAction(parts),
    async run({ KeyId, PolicyName }, call) {
      const { document } = await requireKey(parts, call, KeyId);
      checkName(PolicyName);
      return { Policy: document.policy, PolicyName: POLICY_NAME };
    },
  },
  ListKeyPolicies: {
    permissions: keyAction(parts),
    async run({ KeyId }, call) {
      await requireKey(parts, call, KeyId);
      return { PolicyNames: [POLICY_NAME], Truncated: false };
    },
  },
  PutKeyPolicy: {
    permissions: (input, call) =>
      onKey(parts, call, input.KeyId, {
        conditions: {
          "kms:BypassPolicyLockoutSafetyCheck": String(input.BypassPolicyLockoutSafetyCheck ?? false),
        },
      }),
    async run({ KeyId, PolicyName, Policy: policy, BypassPolicyLockoutSafetyCheck: bypass }, call) {
      const { name } = await requireKey(parts, call, KeyId);
      checkName(PolicyName);
      await checkKeyPolicy(parts, call, name, { policy, bypass: bypass === true });
      await changeKey(parts, call, name, ({ document }) => ({ document: { ...document, policy } }));
      return {};
    },
  },
});

/** @throws ApiError NotFound */
function checkName(name: string | undefined): void {
  if (name !== undefined && name !== POLICY_NAME) throw notFound("No such policy exists");
}
