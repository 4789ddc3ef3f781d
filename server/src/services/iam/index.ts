// IAM: the list of nouns, one line each.
import type { AnyOperation, Service } from "../../core/service.ts";
import { accessKey } from "./access-key/operations.ts";
import { account } from "./account/operations.ts";
import { accountDetails } from "./account-details/operations.ts";
import { attachment } from "./attachment/operations.ts";
import { contextKeys } from "./context-keys/operations.ts";
import { errorCodes } from "./errors.ts";
import { group } from "./group/operations.ts";
import { inlinePolicy } from "./inline-policy/operations.ts";
import { instanceProfile } from "./instance-profile/operations.ts";
import { oidcProvider } from "./oidc-provider/operations.ts";
import { permissionsBoundary } from "./permissions-boundary/operations.ts";
import { policy } from "./policy/operations.ts";
import { role } from "./role/operations.ts";
import { serviceLinkedRole } from "./service-linked-role/operations.ts";
import type { Identities } from "./shared/identities.ts";
import { invalidToken } from "./shared/sessions.ts";
import { simulation } from "./simulation/operations.ts";
import { tag } from "./tag/operations.ts";
import { user } from "./user/operations.ts";

const nouns = {
  accessKey,
  account,
  accountDetails,
  attachment,
  contextKeys,
  group,
  inlinePolicy,
  instanceProfile,
  oidcProvider,
  permissionsBoundary,
  policy,
  role,
  serviceLinkedRole,
  simulation,
  tag,
  user,
};

export const createIam = (identities: Identities): Service => ({
  name: "iam",
  iamPrefix: "iam",
  operations: notForUsersSessions(Object.assign({}, ...Object.values(nouns).map((noun) => noun(identities)))),
  errorCodes,
});

/**
 * Credentials of GetFederationToken, and those of GetSessionToken without a multi-factor code, are not for IAM (STS API
 * reference); AWS says of them what it says of unknown ones.
 */
const notForUsersSessions = (operations: Readonly<Record<string, AnyOperation>>): Service["operations"] =>
  Object.fromEntries(
    Object.entries(operations).map(([name, operation]): [string, AnyOperation] => [
      name,
      {
        ...operation,
        permissions(input, call) {
          const { kind, issuedAt } = call.principal;
          if (kind !== "assumed-role" && issuedAt !== undefined) throw invalidToken();
          return operation.permissions?.(input, call) ?? [{ action: `iam:${name}`, resource: "*" }];
        },
      },
    ]),
  );
