// Who asks the registry: Basic authentication by a token of GetAuthorizationToken, as docker and podman send it after
// `docker login`, or an address that GetDownloadUrlForLayer gave for one layer.
import type { Principal } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Authenticator } from "../../../core/ports.ts";
import type { WireRequest } from "../../../wire/request.ts";
import type { EcrContext, Place } from "../shared/model.ts";
import { readToken, TOKEN_USER } from "../shared/tokens.ts";
import { RegistryError } from "./errors.ts";

export interface Caller {
  readonly principal: Principal;
  /** Region whose registry the token was asked of. */
  readonly region: string;
}

/** @throws RegistryError that asks for a token */
export async function findCaller(
  context: EcrContext,
  authenticator: Authenticator,
  request: WireRequest,
): Promise<Caller> {
  const header = request.headers["authorization"];
  if (header === undefined) throw challenge(request, "Authentication is needed: no basic auth credentials.");
  const [, encoded] = /^Basic +([A-Za-z0-9+/_=-]+)$/i.exec(header) ?? [];
  const text = Buffer.from(encoded ?? "", "base64").toString();
  const colon = text.indexOf(":");
  const facts =
    text.slice(0, colon) === TOKEN_USER
      ? readToken(context.sealingKey, text.slice(colon + 1), context.clock.now())
      : undefined;
  if (facts === undefined)
    throw challenge(request, "Your authorization token is not one of this registry, or has expired. Log in again.");
  await checkKey(authenticator, facts.principal, request);
  return facts;
}

/** A token ends with the lasting key that asked for it; those of sessions end with their role (the authorizer sees to it). */
async function checkKey(authenticator: Authenticator, principal: Principal, request: WireRequest): Promise<void> {
  const { accessKeyId } = principal;
  if (!accessKeyId?.startsWith("AKIA")) return;
  try {
    await authenticator.credential(accessKeyId, undefined, Date.now());
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    throw challenge(request, "The access key that asked for this token is not active any more.");
  }
}

/** The registry of the host name, `<account>.dkr.ecr.<region>.amazonaws.com`; under any other name the caller's own. */
export function placeOf(request: WireRequest, caller: Caller): Place {
  const [, account, region] = registryName.exec(hostOf(request)) ?? [];
  return account && region ? { account, region } : { account: caller.principal.account, region: caller.region };
}

const registryName = /^(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;

export const hostOf = ({ host }: Pick<WireRequest, "host">): string => host.replace(/:\d+$/, "").toLowerCase();

export const isRegistryHost = (host: string): boolean => registryName.test(host);

function challenge(request: WireRequest, message: string): RegistryError {
  const realm = `${request.secure ? "https" : "http"}://${request.host}/`;
  return new RegistryError(401, "UNAUTHORIZED", message, {
    "WWW-Authenticate": `Basic realm="${realm.replaceAll('"', "")}",service="ecr.amazonaws.com"`,
  });
}
