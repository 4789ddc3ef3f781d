// The policy of a repository: who else may pull and push. It takes part in every decision about the repository.
// Gap: that principals of a policy exist is not checked.
import type { Operations as Contract } from "../../../../../contract/ecr/types.ts";
import type { Call } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidParameter, repositoryPolicyNotFound } from "../errors.ts";
import { type EcrContext, type RepositoryName, repositoryArn } from "../shared/model.ts";
import {
  changeRepository,
  nameOf,
  repositoryAction,
  requireRepository,
  withResources,
} from "../shared/repositories.ts";

export const repositoryPolicy = (context: EcrContext): Operations<Contract> => ({
  SetRepositoryPolicy: {
    permissions: repositoryAction(context),
    async run({ policyText, force, ...input }, call) {
      const name = nameOf(input, call);
      await requireRepository(context, name);
      checkPolicy(context, policyText);
      if (force !== true) await checkStillMine(call, name, policyText);
      await changeRepository(context, name, (document) => ({ ...document, policy: policyText }));
      return shown(name, policyText);
    },
  },
  GetRepositoryPolicy: {
    permissions: repositoryAction(context),
    async run(input, call) {
      const name = nameOf(input, call);
      const { document } = await requireRepository(context, name);
      return shown(name, document.policy ?? none(name));
    },
  },
  DeleteRepositoryPolicy: {
    permissions: repositoryAction(context),
    async run(input, call) {
      const name = nameOf(input, call);
      const { before } = await changeRepository(context, name, (document) => {
        if (document.policy === undefined) none(name);
        return { ...document, policy: undefined };
      });
      return shown(name, before.policy ?? "");
    },
  },
});

const shown = ({ account, repository }: RepositoryName, policyText: string) => ({
  registryId: account,
  repositoryName: repository,
  policyText,
});

/** @throws ApiError RepositoryPolicyNotFound */
function none({ account, repository }: RepositoryName): never {
  throw repositoryPolicyNotFound(
    `Repository policy does not exist for the repository with name '${repository}' in the registry with id '${account}'`,
  );
}

/** @throws ApiError InvalidParameter when the text is no policy */
function checkPolicy(context: EcrContext, policy: string): void {
  try {
    context.policies.resourcePolicy(withResources(policy));
  } catch (cause) {
    if (!(cause instanceof ApiError) && !(cause instanceof SyntaxError)) throw cause;
    throw invalidParameter(
      `Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided': ${cause.message}`,
    );
  }
}

/** @throws ApiError InvalidParameter when the caller could not set another policy after this one */
async function checkStillMine(call: Call, name: RepositoryName, policy: string): Promise<void> {
  const permission = {
    action: "ecr:SetRepositoryPolicy",
    resource: repositoryArn(name),
    resourceAccount: name.account,
    resourcePolicy: withResources(policy),
  };
  try {
    await call.authorize([permission]);
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    throw invalidParameter(
      "Invalid parameter at 'PolicyText': the policy would keep you from setting another one. Give force to set it all the same.",
    );
  }
}
