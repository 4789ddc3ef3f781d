// Temporary credentials. The session token is the session: who it is and until when, sealed; the secret follows from it.
import type { Principal } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Credential, RoleSession } from "../../../core/ports.ts";
import type { Identities } from "./identities.ts";
import { type Role, sessionArn } from "./nouns.ts";
import { newSessionKeyId } from "./vault.ts";

interface Claims {
  readonly principal: Principal;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Issues credentials of the principal for the given time. */
export function issueSession(identities: Identities, principal: Principal, durationSeconds: number): RoleSession {
  const issuedAt = Math.floor(identities.now() / 1000) * 1000;
  const expiresAt = issuedAt + durationSeconds * 1000;
  const accessKeyId = newSessionKeyId(principal.account);
  // Tags of the user or role are those it has at the time of a call.
  const { tags: _present, ...lasting } = principal;
  const caller: Principal = { ...lasting, accessKeyId, issuedAt };
  const claims: Claims = { principal: caller, expiresAt };
  const sessionToken = identities.vault.seal(JSON.stringify(claims), accessKeyId);
  const secretAccessKey = identities.vault.sessionSecret(sessionToken);
  return { principal: caller, accessKeyId, secretAccessKey, sessionToken, expiresAt };
}

/** The caller that a session of a role is. */
export const rolePrincipal = (
  account: string,
  role: Pick<Role, "name" | "id" | "arn">,
  sessionName: string,
): Principal => ({
  kind: "assumed-role",
  arn: sessionArn(account, role.name, sessionName),
  account,
  userId: `${role.id}:${sessionName}`,
  roleArn: role.arn,
});

const MAX_TOKENS = 10_000;

export const invalidToken = () => errors.invalidClientToken("The security token included in the request is invalid.");

/** Reads session tokens; those seen lately are kept opened. */
export function createTokenReader(
  identities: Identities,
): (accessKeyId: string, token: string, now: number) => Credential {
  const opened = new Map<string, Claims & { readonly secretAccessKey: string }>();
  const read = (accessKeyId: string, token: string) => {
    const known = opened.get(token);
    if (known) return known;
    const text = identities.vault.open(token, accessKeyId);
    if (text === undefined) throw invalidToken();
    const session = { ...(JSON.parse(text) as Claims), secretAccessKey: identities.vault.sessionSecret(token) };
    if (opened.size >= MAX_TOKENS) opened.clear();
    opened.set(token, session);
    return session;
  };
  return (accessKeyId, token, now) => {
    const session = read(accessKeyId, token);
    if (session.principal.accessKeyId !== accessKeyId) throw invalidToken();
    if (now >= session.expiresAt) {
      throw errors.expiredToken("The security token included in the request is expired");
    }
    return session;
  };
}
