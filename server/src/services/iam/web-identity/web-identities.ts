// Tokens of OpenID Connect providers that an account knows, checked as OpenID Connect Core 1.0, 3.1.3.7, asks and as the
// IAM user guide describes it ("OIDC federation", "Passing session tags using AssumeRoleWithWebIdentity").
import type { JWTPayload } from "jose";
import { ApiError } from "../../../core/errors.ts";
import type { Guard } from "../../../core/outgoing.ts";
import type { WebIdentity } from "../../../core/ports.ts";
import type { Identities } from "../shared/identities.ts";
import { type OidcProvider, oidcProviderKey } from "../shared/nouns.ts";
import { createIssuerKeys, type IssuerKeys } from "./issuer-keys.ts";

const TAGS_CLAIM = "https://aws.amazon.com/tags";
const SOURCE_IDENTITY_CLAIM = "https://aws.amazon.com/source_identity";
/** IAM API reference, CreateOpenIDConnectProvider. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];

const invalid = (text: string) => new ApiError("InvalidIdentityToken", 400, text);

const noVerificationKey = () =>
  invalid(
    "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity " +
      "documentation for requirements",
  );

/** A function that finds out who a token speaks for. */
export function createWebIdentities(
  identities: Identities,
  guard: Guard,
): (roleArn: string, token: string) => Promise<WebIdentity> {
  const keys = createIssuerKeys(identities.now, guard);
  return async (roleArn, token) => {
    const account = roleArn.split(":")[4] ?? "";
    const { iss } = await readClaims(token);
    if (typeof iss !== "string") throw invalid("Missing a required claim: iss");
    const row = await identities.rows.get<OidcProvider>(oidcProviderKey(account, iss.replace(/^https:\/\//, "")));
    if (!row) throw invalid(`No OpenIDConnect provider found in your account for ${iss}`);
    const claims = await verify(keys, row.document, token, identities.now());
    return identityOf(account, row.document, claims);
  };
}

/** What the token says, before anybody knows whether it is true. @throws ApiError InvalidIdentityToken */
async function readClaims(token: string): Promise<JWTPayload> {
  const { decodeJwt } = await import("jose");
  try {
    return decodeJwt(token);
  } catch (cause) {
    throw invalid(`The ID Token provided is not a valid JWT: ${(cause as Error).message}`);
  }
}

/** @throws ApiError InvalidIdentityToken, ExpiredWebIdentityToken, IDPCommunicationError */
async function verify(keys: IssuerKeys, provider: OidcProvider, token: string, now: number): Promise<JWTPayload> {
  const { errors, jwtVerify, createLocalJWKSet } = await import("jose");
  const check = async (isFresh: boolean) => {
    const set = createLocalJWKSet(await keys(provider, isFresh));
    const options = {
      algorithms: ALGORITHMS,
      issuer: `https://${provider.issuer}`,
      currentDate: new Date(now),
      requiredClaims: ["sub", "aud", "exp", "iat"],
    };
    return (await jwtVerify(token, set, options)).payload;
  };
  try {
    // A provider changes its keys: one that is not known yet is looked for anew.
    return await check(false).catch((cause: unknown) => {
      if (cause instanceof errors.JWKSNoMatchingKey) return check(true);
      throw cause;
    });
  } catch (cause) {
    if (cause instanceof errors.JWTExpired) {
      const expired = Number(cause.payload.exp);
      throw new ApiError(
        "ExpiredWebIdentityToken",
        400,
        `Token expired: current date/time ${Math.floor(now / 1000)} must be before the expiration date/time ${expired}`,
      );
    }
    if (cause instanceof errors.JWTClaimValidationFailed) throw claimError(cause.claim, cause.reason, cause.message);
    if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSInvalid) throw noVerificationKey();
    if (cause instanceof errors.JOSEError) throw invalid(`The token's signature is not valid: ${cause.message}`);
    throw cause;
  }
}

const claimError = (claim: string, reason: string, message: string): ApiError =>
  reason === "missing" ? invalid(`Missing a required claim: ${claim}`) : invalid(message);

/** @throws ApiError InvalidIdentityToken for a token that was made for somebody else */
function identityOf(account: string, provider: OidcProvider, claims: JWTPayload): WebIdentity {
  const audiences = [claims.aud ?? []].flat();
  // With `azp` that is who the token was made for, and `oaud` tells the audience.
  const azp = typeof claims["azp"] === "string" ? claims["azp"] : undefined;
  const parties = azp === undefined ? audiences : [azp];
  const audience = parties.find((party) => provider.clientIds.includes(party));
  if (audience === undefined) throw invalid("Incorrect token audience");
  const subject = String(claims.sub);
  const key = (name: string) => `${provider.issuer}:${name}`;
  const federated = {
    provider: provider.arn,
    claims: {
      [key("sub")]: subject,
      [key("aud")]: parties,
      ...(azp === undefined ? {} : { [key("oaud")]: audiences }),
      ...textClaim(key("amr"), claims["amr"]),
      ...textClaim(key("email"), claims["email"]),
    },
  };
  return {
    principal: { kind: "web-identity", arn: provider.arn, account, userId: `${provider.arn}:${subject}`, federated },
    federated,
    issuer: String(claims.iss),
    subject,
    audience,
    ...sessionClaims(claims),
  };
}

function textClaim(key: string, value: unknown): Record<string, string | string[]> {
  if (typeof value === "string") return { [key]: value };
  const isList = Array.isArray(value) && value.every((one) => typeof one === "string");
  return isList ? { [key]: value } : {};
}

/** @throws ApiError InvalidIdentityToken for claims of another form */
function sessionClaims(claims: JWTPayload) {
  const { principal_tags: tags = {}, transitive_tag_keys: transitive = [] } = objectOf(claims[TAGS_CLAIM]);
  const source = claims[SOURCE_IDENTITY_CLAIM];
  const sessionTags = Object.entries(objectOf(tags)).map(([name, value]) => {
    const [text, ...more] = [value].flat();
    if (typeof text !== "string" || more.length > 0) {
      throw invalid(`The tag ${name} of the token must have one value that is text.`);
    }
    return [name, text] as const;
  });
  return {
    sessionTags: Object.fromEntries(sessionTags),
    transitiveTagKeys: [transitive].flat().map(String),
    ...(typeof source === "string" ? { sourceIdentity: source } : {}),
  };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid("The token's session tags are not an object.");
}
