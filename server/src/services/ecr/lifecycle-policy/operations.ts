// Lifecycle policies of repositories.
// Gap: lifecycle policies are checked to be JSON with rules, kept and given back; no image expires by them. Previews
// (StartLifecyclePolicyPreview, GetLifecyclePolicyPreview) answer NotYetAvailable.
import type { Operations as Contract } from "../../../../../contract/ecr/types.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidParameter, lifecyclePolicyNotFound } from "../errors.ts";
import type { EcrContext, RepositoryName } from "../shared/model.ts";
import { changeRepository, nameOf, repositoryAction, requireRepository } from "../shared/repositories.ts";

export const lifecyclePolicy = (context: EcrContext): Operations<Contract> => ({
  PutLifecyclePolicy: {
    permissions: repositoryAction(context),
    async run({ lifecyclePolicyText, ...input }, call) {
      const name = nameOf(input, call);
      checkRules(lifecyclePolicyText);
      await changeRepository(context, name, (document) => ({ ...document, lifecyclePolicy: lifecyclePolicyText }));
      return shown(name, lifecyclePolicyText);
    },
  },
  GetLifecyclePolicy: {
    permissions: repositoryAction(context),
    async run(input, call) {
      const name = nameOf(input, call);
      const { document } = await requireRepository(context, name);
      return shown(name, document.lifecyclePolicy ?? none(name));
    },
  },
  DeleteLifecyclePolicy: {
    permissions: repositoryAction(context),
    async run(input, call) {
      const name = nameOf(input, call);
      const { before } = await changeRepository(context, name, (document) => {
        if (document.lifecyclePolicy === undefined) none(name);
        return { ...document, lifecyclePolicy: undefined };
      });
      return shown(name, before.lifecyclePolicy ?? "");
    },
  },
});

const shown = ({ account, repository }: RepositoryName, lifecyclePolicyText: string) => ({
  registryId: account,
  repositoryName: repository,
  lifecyclePolicyText,
});

/** @throws ApiError LifecyclePolicyNotFound */
function none({ account, repository }: RepositoryName): never {
  throw lifecyclePolicyNotFound(
    `Lifecycle policy does not exist for the repository with name '${repository}' in the registry with id '${account}'`,
  );
}

/** @throws ApiError InvalidParameter */
function checkRules(text: string): void {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    // Told below, together with JSON that holds no rules.
  }
  const hasRules = typeof policy === "object" && policy !== null && "rules" in policy && Array.isArray(policy.rules);
  if (!hasRules)
    throw invalidParameter(
      "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure': expected JSON with a list of rules.",
    );
}
