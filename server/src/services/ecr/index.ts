// ECR: the list of nouns, one line each. The registry that docker and podman speak to is in registry/.
import type { Service } from "../../core/service.ts";
import { authorizationToken } from "./authorization-token/operations.ts";
import { image } from "./image/operations.ts";
import { layer } from "./layer/operations.ts";
import { lifecyclePolicy } from "./lifecycle-policy/operations.ts";
import { repository } from "./repository/operations.ts";
import { repositoryPolicy } from "./repository-policy/operations.ts";
import type { EcrContext } from "./shared/model.ts";
import { tag } from "./tag/operations.ts";

const nouns = { authorizationToken, image, layer, lifecyclePolicy, repository, repositoryPolicy, tag };

export const createEcr = (context: EcrContext): Service => ({
  name: "ecr",
  iamPrefix: "ecr",
  operations: Object.assign({}, ...Object.values(nouns).map((noun) => noun(context))),
  errorCodes: { ValidationException: { code: "InvalidParameterException", status: 400 } },
});
