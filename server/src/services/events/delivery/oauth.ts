// Tokens of OAuth client credentials (RFC 6749, 4.4), asked for when they are needed and kept while they are good.
import type { ConnectionHttpParameters } from "../../../../../contract/events/types.ts";
import type { Outgoing } from "../../../core/outgoing.ts";
import { connectionArn } from "../shared/arns.ts";
import { openParameters } from "../shared/connection-secret.ts";
import { type AuthParameters, type ConnectionRow, changeConnection, findConnection } from "../shared/connections.ts";
import type { Parts } from "../shared/parts.ts";
import type { Place } from "../shared/place.ts";

export interface OAuthTokens {
  /** @throws Error in words when the server gives none */
  token(place: Place, row: ConnectionRow, signal: AbortSignal): Promise<string>;
  /** After a destination refused it. */
  forget(place: Place, row: ConnectionRow): void;
  /** Asks for one and writes down whether the connection is authorized. */
  authorize(place: Place, name: string, signal: AbortSignal): Promise<void>;
}

const TIMEOUT_MS = 10_000;
/** Before its end a token is not used any more. */
const EARLY_MS = 30_000;
/** Of a token that does not say. RFC 6749, 5.1: expires_in is recommended. */
const DEFAULT_SECONDS = 300;

interface Kept {
  readonly token: string;
  readonly until: number;
  /** Of the connection: what it authorizes with may have changed. */
  readonly version: number;
}

export function createOAuthTokens(parts: Parts, outgoing: Outgoing): OAuthTokens {
  const kept = new Map<string, Kept>();
  const idOf = (place: Place, { name, document }: ConnectionRow) => connectionArn(place, name, document.id);

  async function token(place: Place, row: ConnectionRow, signal: AbortSignal): Promise<string> {
    const id = idOf(place, row);
    const found = kept.get(id);
    if (found && found.version === row.version && found.until > parts.clock.now()) return found.token;
    const { token: made, seconds } = await ask(outgoing, await openParameters(parts, place, row), signal);
    kept.set(id, { token: made, until: parts.clock.now() + seconds * 1000 - EARLY_MS, version: row.version });
    return made;
  }

  return {
    token,
    forget: (place, row) => kept.delete(idOf(place, row)),
    async authorize(place, name, signal) {
      const row = await findConnection(parts, place, name);
      if (row?.status !== "AUTHORIZING") return;
      const parameters = await openParameters(parts, place, row);
      const reason = await ask(outgoing, parameters, signal).then(
        () => undefined,
        (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
      );
      signal.throwIfAborted();
      const at = parts.clock.now();
      await changeConnection(parts, { ...place, at }, name, ({ document }) => ({
        status: reason === undefined ? "AUTHORIZED" : "DEAUTHORIZED",
        document: { ...document, stateReason: reason, ...(reason === undefined && { authorizedAt: at }) },
      }));
    },
  };
}

async function ask(
  outgoing: Outgoing,
  { OAuthParameters: oauth }: AuthParameters,
  signal: AbortSignal,
): Promise<{ readonly token: string; readonly seconds: number }> {
  if (oauth === undefined) throw new Error("The connection is not authorized any more.");
  const { AuthorizationEndpoint: endpoint, HttpMethod: method, ClientParameters: client } = oauth;
  const more: ConnectionHttpParameters = oauth.OAuthHttpParameters ?? {};
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  form.set("client_id", client.ClientID);
  form.set("client_secret", client.ClientSecret);
  for (const { Key, Value } of more.BodyParameters ?? []) form.set(Key ?? "", Value ?? "");
  const url = new URL(endpoint);
  for (const { Key, Value } of more.QueryStringParameters ?? []) url.searchParams.set(Key ?? "", Value ?? "");
  if (method === "GET") for (const [name, value] of form) url.searchParams.set(name, value);
  const headers = (more.HeaderParameters ?? []).map(({ Key = "", Value = "" }) => [Key.toLowerCase(), Value]);
  const answer = await outgoing({
    method,
    url: url.href,
    headers: {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
      ...Object.fromEntries(headers),
    },
    ...(method === "GET" ? {} : { body: form.toString() }),
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  return readToken(answer);
}

function readToken({ status, body }: { readonly status: number; readonly body: string }) {
  if (status < 200 || status >= 300) throw new Error(`The authorization endpoint answered ${status}.`);
  let parsed: { readonly access_token?: unknown; readonly expires_in?: unknown };
  try {
    parsed = (JSON.parse(body) ?? {}) as typeof parsed;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new Error("The authorization endpoint answered what is not JSON.", { cause });
  }
  const { access_token: token, expires_in: seconds } = parsed;
  if (typeof token !== "string" || token === "") throw new Error("The authorization endpoint gave no access_token.");
  return { token, seconds: Number(seconds) > 0 ? Number(seconds) : DEFAULT_SECONDS };
}
