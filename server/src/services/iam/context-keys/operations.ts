// The condition keys that policies ask for, so that a simulation can be given their values.
import type { Operations as Contract } from "../../../../../contract/iam/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Operations } from "../../../core/service.ts";
import { distinct, keysAsked } from "../shared/context-keys.ts";
import { entityByArn } from "../shared/entities.ts";
import type { Identities } from "../shared/identities.ts";
import type { Entity, User } from "../shared/nouns.ts";
import { checkIdentityPolicy } from "../shared/validate.ts";

export const contextKeys = (identities: Identities): Operations<Contract> => ({
  GetContextKeysForCustomPolicy: {
    run: (input) => ({ ContextKeyNames: keysOf(input.PolicyInputList) }),
  },
  GetContextKeysForPrincipalPolicy: {
    permissions: (input, call) => [{ action: `iam:${call.operation}`, resource: input.PolicySourceArn }],
    async run(input, call) {
      const texts = await policiesOf(identities, call, input.PolicySourceArn);
      return { ContextKeyNames: keysOf([...(input.PolicyInputList ?? []), ...texts]) };
    },
  },
});

/** Names in the order in which they are met, each once. @throws ApiError MalformedPolicyDocument */
function keysOf(texts: readonly string[]): string[] {
  for (const text of texts) checkIdentityPolicy(text);
  return [...distinct(texts.flatMap((text) => keysAsked(text).flat()))];
}

/** Policies of a user with its groups, of a group or of a role. @throws ApiError InvalidInput, NoSuchEntity */
async function policiesOf(identities: Identities, { account }: Call, arn: string): Promise<readonly string[]> {
  const { entity } = (await entityByArn(identities, account, arn)).loaded;
  const owners: readonly Entity[] = [entity, ...(await identities.groupsOf(account, entity as User))];
  const inline = owners.flatMap((owner) => Object.values(owner.inline));
  const managed = await identities.managedPolicies(owners.flatMap(({ attached }) => attached));
  return [...inline, ...managed.flatMap((text) => text ?? [])];
}
