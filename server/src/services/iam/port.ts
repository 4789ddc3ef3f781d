// What IAM gives to the rest: who a key belongs to, what a caller may do, and sessions of roles.
import type { Permission, Principal } from "../../core/call.ts";
import { errors } from "../../core/errors.ts";
import type {
  Authenticator,
  Authorizer,
  Credential,
  PolicyChecks,
  RequestFacts,
  RoleSessions,
} from "../../core/ports.ts";
import { keptKey } from "../../store/durable.ts";
import type { Rows } from "../../store/rows/rows.ts";
import { decide, type NamedPolicy, type PolicyLayers, refusalText } from "./shared/evaluation.ts";
import { hasEntity, Identities, type LoadedEntity, noPolicies } from "./shared/identities.ts";
import type { AccessKeyRecord } from "./shared/nouns.ts";
import type { Lookup } from "./shared/pattern.ts";
import { asksForTag, lookupFor, type PrincipalFacts } from "./shared/request.ts";
import { createTokenReader, invalidToken, issueSession, rolePrincipal } from "./shared/sessions.ts";
import { principalTags } from "./shared/tags.ts";
import { checkResourcePolicy } from "./shared/validate.ts";
import { createVault } from "./shared/vault.ts";

export { createSessions } from "./sessions-port.ts";
export type { Identities } from "./shared/identities.ts";
export { notingUses, startUsage } from "./usage.ts";

/** What every port below works on. `keyFile` seals secrets; it is made at first start and must be kept. */
export async function openIdentities(parts: {
  readonly rows: Rows;
  readonly keyFile: string;
  readonly now: () => number;
}): Promise<Identities> {
  return new Identities({ rows: parts.rows, now: parts.now, vault: createVault(await keptKey(parts.keyFile)) });
}

export function createAuthenticator(identities: Identities): Authenticator {
  const readToken = createTokenReader(identities);
  return {
    credential(accessKeyId, sessionToken, now) {
      if (sessionToken === undefined) return lastingCredential(identities, accessKeyId);
      const credential = readToken(accessKeyId, sessionToken, now);
      if (!hasEntity(credential.principal)) return credential;
      const found = identities.entityOf(credential.principal);
      return found instanceof Promise ? found.then((entity) => still(credential, entity)) : still(credential, found);
    },
  };
}

/** A session ends with its user or role. @throws ApiError InvalidClientToken */
function still(credential: Credential, loaded: LoadedEntity | undefined): Credential {
  if (!loaded) throw invalidToken();
  const principal = withTags(credential.principal, loaded);
  return principal === credential.principal ? credential : { ...credential, principal };
}

/** With the tags that its user or role has now. */
function withTags(principal: Principal, { entity }: LoadedEntity): Principal {
  const tags = principalTags(entity.tags, principal.sessionTags);
  return Object.keys(tags).length === 0 ? principal : { ...principal, tags };
}

function lastingCredential(identities: Identities, accessKeyId: string): Credential | Promise<Credential> {
  const key = identities.accessKey(accessKeyId);
  if (key instanceof Promise) return key.then((found) => credentialOf(identities, accessKeyId, found));
  return credentialOf(identities, accessKeyId, key);
}

function credentialOf(
  identities: Identities,
  accessKeyId: string,
  key: { readonly record: AccessKeyRecord; readonly secret: string } | undefined,
): Credential | Promise<Credential> {
  if (key?.record.status !== "Active") throw invalidToken();
  const { account, owner } = key.record;
  const secretAccessKey = key.secret;
  if (owner.kind === "root") {
    const arn = `arn:aws:iam::${account}:root`;
    return { secretAccessKey, principal: { kind: "root", arn, account, userId: account, accessKeyId } };
  }
  const withOwner = (loaded: LoadedEntity | undefined): Credential => {
    if (!loaded) throw invalidToken();
    const { entity } = loaded;
    const principal: Principal =
      owner.kind === "user"
        ? { kind: "user", arn: entity.arn, account, userId: entity.id, accessKeyId }
        : { ...rolePrincipal(account, entity, owner.sessionName), accessKeyId };
    return { secretAccessKey, principal: withTags(principal, loaded) };
  };
  const found =
    owner.kind === "user" ? identities.user(account, owner.userName) : identities.role(account, owner.roleName);
  return found instanceof Promise ? found.then(withOwner) : withOwner(found);
}

export function createAuthorizer(identities: Identities): Authorizer {
  return {
    refusal(principal, permissions, facts) {
      const found = hasEntity(principal) ? identities.entityOf(principal) : undefined;
      const session = identities.sessionPolicies(principal);
      const ask = (loaded: LoadedEntity | undefined, narrowed: readonly NamedPolicy[] | undefined) =>
        firstRefusal(identities, { principal, facts, loaded, session: narrowed }, permissions);
      return found instanceof Promise || session instanceof Promise
        ? Promise.all([found, session]).then(([loaded, narrowed]) => ask(loaded, narrowed))
        : ask(found, session);
    },
  };
}

interface Caller {
  readonly principal: Principal;
  readonly facts: RequestFacts;
  readonly loaded: LoadedEntity | undefined;
  /** What narrows its session. */
  readonly session: readonly NamedPolicy[] | undefined;
}

type Refusal = Promise<string | undefined> | string | undefined;

function firstRefusal(identities: Identities, caller: Caller, permissions: readonly Permission[]): Refusal {
  let at = 0;
  for (const permission of permissions) {
    at++;
    const answer = refusalOf(identities, caller, permission);
    if (answer instanceof Promise) {
      const rest = permissions.slice(at);
      return answer.then((text) => text ?? firstRefusal(identities, caller, rest));
    }
    if (answer !== undefined) return answer;
  }
  return undefined;
}

/** What the resource grants beside its policy is read, and the decision made anew, when it was not to be allowed. */
function refusalOf(identities: Identities, caller: Caller, permission: Permission): Refusal {
  const first = refusalUnder(identities, caller, permission, undefined);
  const { resourceGrants } = permission;
  if (resourceGrants === undefined || first === undefined) return first;
  const again = async (refused: string | undefined): Promise<string | undefined> => {
    const grants = refused === undefined ? undefined : await resourceGrants();
    return grants === undefined ? refused : refusalUnder(identities, caller, permission, grants);
  };
  return first instanceof Promise ? first.then(again) : again(first);
}

/** Tags of the resource are read, and the decision made anew, when a condition asked for them. */
function refusalUnder(
  identities: Identities,
  { principal, facts, loaded, session }: Caller,
  permission: Permission,
  grants: string | undefined,
): Refusal {
  const layers: PolicyLayers = {
    ...(loaded ?? noPolicies),
    session,
    resource:
      permission.resourcePolicy === undefined
        ? undefined
        : identities.named("resource", "resource", permission.resourcePolicy),
    grants: grants === undefined ? undefined : identities.named("grants", "resource", grants),
  };
  const about: PrincipalFacts = { tags: principalTags(loaded?.entity.tags ?? {}, principal.sessionTags) };
  const answer = (lookup: Lookup): string | undefined => {
    const decision = decide(principal, permission, layers, lookup);
    return decision.outcome === "allowed" ? undefined : refusalText(principal, permission, decision);
  };
  const lookup = lookupFor(principal, permission, facts, about);
  const { resourceTags } = permission;
  if (resourceTags === undefined) return answer(lookup);
  let isAsked = false;
  const first = answer((key) => {
    isAsked ||= asksForTag(key);
    return lookup(key);
  });
  if (!isAsked) return first;
  return resourceTags().then((tags) =>
    answer(lookupFor(principal, permission, facts, { ...about, resourceTags: tags })),
  );
}

export const policyChecks: PolicyChecks = { resourcePolicy: checkResourcePolicy };

export function createRoleSessions(identities: Identities): RoleSessions {
  const assumable = async (roleArn: string, servicePrincipal: string) => {
    const role = await identities.roleByArn(roleArn);
    if (role && trusts(identities, role.entity.trust, role.entity.arn, servicePrincipal)) return role;
    throw errors.validation(
      `Could not assume role ${roleArn}. Please ensure that the role exists and allows principal ` +
        `'${servicePrincipal}' to assume the role.`,
    );
  };
  return {
    async check({ roleArn, servicePrincipal }) {
      await assumable(roleArn, servicePrincipal);
    },
    async assume({ roleArn, sessionName, servicePrincipal, durationSeconds }) {
      const role = await assumable(roleArn, servicePrincipal);
      const account = roleArn.split(":")[4] ?? "";
      return issueSession(identities, rolePrincipal(account, role.entity, sessionName), durationSeconds);
    },
  };
}

function trusts(identities: Identities, trust: string, roleArn: string, servicePrincipal: string): boolean {
  const account = roleArn.split(":")[4] ?? "";
  const principal: Principal = { kind: "service", arn: servicePrincipal, account, userId: servicePrincipal };
  const permission: Permission = {
    action: "sts:AssumeRole",
    resource: roleArn,
    // Trust policies guard against confused deputies with these keys.
    conditions: { "aws:SourceAccount": account },
  };
  // IAM and STS are global: their calls count as made to us-east-1.
  const facts: RequestFacts = { at: identities.now(), region: "us-east-1", secure: true };
  const layers: PolicyLayers = { identity: [], resource: identities.named("trust", "resource", trust) };
  return decide(principal, permission, layers, lookupFor(principal, permission, facts)).outcome === "allowed";
}
