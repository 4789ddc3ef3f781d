// STS: the list of nouns, one line each.
import type { Principal } from "../../core/call.ts";
import { errors } from "../../core/errors.ts";
import type { Authorizer, Sessions } from "../../core/ports.ts";
import type { AnyOperation, Service } from "../../core/service.ts";
import { accessKey } from "./access-key/operations.ts";
import { authorizationMessage } from "./authorization-message/operations.ts";
import { caller } from "./caller/operations.ts";
import { federation } from "./federation/operations.ts";
import { session } from "./session/operations.ts";
import { webIdentity } from "./web-identity/operations.ts";

export interface StsParts {
  readonly sessions: Sessions;
  readonly authorizer: Authorizer;
}

export const createSts = ({ sessions, authorizer }: StsParts): Service => ({
  name: "sts",
  iamPrefix: "sts",
  operations: limited({
    ...accessKey(sessions),
    ...authorizationMessage(),
    ...caller(),
    ...federation(sessions),
    ...session(sessions),
    ...webIdentity(sessions, authorizer),
  }),
  errorCodes: { ExpiredWebIdentityToken: { code: "ExpiredTokenException", status: 400 } },
});

/** What sessions that are none of a role may ask of STS (IAM user guide, "Compare AWS STS credentials"). */
const MAY_CALL: Partial<Readonly<Record<Principal["kind"], readonly string[]>>> = {
  "federated-user": ["GetCallerIdentity"],
  user: ["AssumeRole", "GetCallerIdentity", "GetSessionToken"],
  root: ["AssumeRole", "GetCallerIdentity", "GetSessionToken"],
};

/** GetSessionToken and GetFederationToken refuse sessions in their own words. */
const limited = (operations: Readonly<Record<string, AnyOperation>>): Service["operations"] =>
  Object.fromEntries(
    Object.entries(operations).map(([name, operation]): [string, AnyOperation] => [
      name,
      {
        ...operation,
        permissions(input, call) {
          const { kind, issuedAt } = call.principal;
          const allowed = issuedAt === undefined ? undefined : MAY_CALL[kind];
          if (allowed && !allowed.includes(name)) {
            throw errors.accessDenied(`Cannot call ${name} with session credentials`);
          }
          return operation.permissions?.(input, call) ?? [{ action: `sts:${name}`, resource: "*" }];
        },
      },
    ]),
  );
