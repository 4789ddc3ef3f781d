// Authorization tokens: passwords of docker, podman, skopeo and buildah for twelve hours.
// Gap: registryIds is taken and gives an entry each, but every token is good for all registries its caller may use.
import type { Operations as Contract } from "../../../../../contract/ecr/types.ts";
import type { Operations } from "../../../core/service.ts";
import { type EcrContext, registryHost, toSeconds } from "../shared/model.ts";
import { issueToken, TOKEN_USER } from "../shared/tokens.ts";

export const authorizationToken = (context: EcrContext): Operations<Contract> => ({
  GetAuthorizationToken: {
    run({ registryIds }, call) {
      const { password, expiresAt } = issueToken(context.sealingKey, call.principal, call.region, context.clock.now());
      const accounts = registryIds ?? [call.account];
      return {
        authorizationData: accounts.map((account) => ({
          authorizationToken: Buffer.from(`${TOKEN_USER}:${password}`).toString("base64"),
          expiresAt: toSeconds(expiresAt),
          // The name of AWS, whatever name this call came by: images are called by it (docs/own-images.md).
          proxyEndpoint: `https://${registryHost({ account, region: call.region })}`,
        })),
      };
    },
  },
});
