// Targets that are API destinations: a request over HTTP, authorized by the destination's connection. Source: EventBridge
// user guide, "API destinations": 401, 407, 409, 429 and 5xx are tried again, other refusals are not.
import type { HttpParameters } from "../../../../../contract/events/types.ts";
import { ForbiddenAddress, type Outgoing } from "../../../core/outgoing.ts";
import type { Pace } from "../../../core/pace.ts";
import type { Authorizer, RoleSessions } from "../../../core/ports.ts";
import { connectionArn } from "../shared/arns.ts";
import { openParameters } from "../shared/connection-secret.ts";
import { type AuthParameters, type ConnectionRow, findConnection } from "../shared/connections.ts";
import { type DestinationRow, findDestination, namedIn } from "../shared/destinations.ts";
import { valueAt } from "../shared/input.ts";
import type { Parts } from "../shared/parts.ts";
import type { Sending } from "./deliver.ts";
import type { OAuthTokens } from "./oauth.ts";
import { again, delivered, failed, type Result } from "./outcome.ts";
import { workingAs } from "./role.ts";

/** EventBridge user guide, "API destinations": so long an answer may take. */
const TIMEOUT_MS = 5000;
const TRIED_AGAIN = [401, 407, 409, 429];

export interface HttpWays {
  readonly outgoing: Outgoing;
  readonly pace: Pace;
  readonly tokens: OAuthTokens;
  readonly authorizer: Authorizer;
  readonly roles: RoleSessions;
}

export const sendByHttp =
  (parts: Parts, ways: HttpWays) =>
  async (sending: Sending): Promise<Result> => {
    const { bus, target } = sending;
    const { name, id } = namedIn(target.Arn);
    const destination = await findDestination(parts, bus, name);
    if (destination?.document.id !== id) return failed("NO_RESOURCE", `API destination ${target.Arn} does not exist.`);
    const refusal = await refusalOf(parts, ways, sending);
    if (refusal !== undefined) return failed("NO_PERMISSIONS", refusal);
    const named = namedIn(destination.document.connectionArn);
    const connection = await findConnection(parts, bus, named.name);
    if (connection?.document.id !== named.id)
      return failed("NO_RESOURCE", "The destination's connection does not exist.");
    const parameters = await openParameters(parts, bus, connection);
    const { BasicAuthParameters: basic, ApiKeyAuthParameters: key, OAuthParameters: oauth } = parameters;
    if (connection.status === "DEAUTHORIZED" || !(basic ?? key ?? oauth)) {
      return again("NO_PERMISSIONS", "The connection is not authorized.");
    }
    return await send(ways, sending, { destination, connection, parameters });
  };

/** The role of the target has to be let to call the destination. */
async function refusalOf(parts: Parts, { authorizer, roles }: HttpWays, sending: Sending): Promise<string | undefined> {
  const { bus, target } = sending;
  const principal = await workingAs(roles, target.RoleArn, bus.account);
  const permission = { action: "events:InvokeApiDestination", resource: target.Arn };
  const facts = { at: parts.clock.now(), region: bus.region, secure: true };
  return await authorizer.refusal(principal, [permission], facts);
}

interface Route {
  readonly destination: DestinationRow;
  readonly connection: ConnectionRow;
  readonly parameters: AuthParameters;
}

async function send(ways: HttpWays, sending: Sending, route: Route): Promise<Result> {
  const { bus, signal, target } = sending;
  const { destination, connection, parameters } = route;
  const { method, perSecond } = destination.document;
  const turnAt = ways.pace(target.Arn, perSecond);
  if (turnAt !== undefined) return { kind: "early", turnAt };
  try {
    const authorization = await authorizationOf(ways, sending, connection, parameters);
    const { url, headers, body } = requestOf(sending, destination, parameters);
    const answer = await ways.outgoing({
      method,
      url,
      headers: { ...headers, ...authorization },
      ...(method === "GET" || method === "HEAD" ? {} : { body }),
      timeoutMs: TIMEOUT_MS,
      signal,
    });
    if (answer.status >= 200 && answer.status < 300) return delivered;
    if (answer.status === 401) ways.tokens.forget(bus, connection);
    const text = `${connectionArn(bus, connection.name, connection.document.id)}: the destination answered ${answer.status}.`;
    const isTemporary = answer.status >= 500 || TRIED_AGAIN.includes(answer.status);
    return isTemporary ? again("SDK_CLIENT_ERROR", text) : failed("SDK_CLIENT_ERROR", text);
  } catch (cause) {
    signal.throwIfAborted();
    const message = cause instanceof Error ? cause.message : String(cause);
    return cause instanceof ForbiddenAddress || cause instanceof TypeError
      ? failed("INVALID_PARAMETER", message)
      : again("CONNECTION_FAILURE", message);
  }
}

async function authorizationOf(
  { tokens }: HttpWays,
  { bus, signal }: Sending,
  connection: ConnectionRow,
  { BasicAuthParameters: basic, ApiKeyAuthParameters: key, OAuthParameters: oauth }: AuthParameters,
): Promise<Readonly<Record<string, string>>> {
  if (basic) {
    const pair = Buffer.from(`${basic.Username}:${basic.Password}`).toString("base64");
    return { authorization: `Basic ${pair}` };
  }
  if (key) return { [key.ApiKeyName.toLowerCase()]: key.ApiKeyValue };
  return oauth ? { authorization: `Bearer ${await tokens.token(bus, connection, signal)}` } : {};
}

/** What belongs to the connection itself. RFC 9110. */
const RESERVED = ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"];

function requestOf(sending: Sending, { document }: DestinationRow, parameters: AuthParameters) {
  const http: HttpParameters = sending.target.HttpParameters ?? {};
  const fill = (value: string) => filled(sending, value);
  const own = parameters.InvocationHttpParameters ?? {};
  const values = [...(http.PathParameterValues ?? [])];
  const path = document.endpoint.replace(/\*/g, () => encodeURIComponent(fill(values.shift() ?? "")));
  const url = new URL(path);
  for (const [name, value] of Object.entries(http.QueryStringParameters ?? {})) url.searchParams.set(name, fill(value));
  for (const { Key = "", Value = "" } of own.QueryStringParameters ?? []) url.searchParams.set(Key, Value);
  const given = [
    ...Object.entries(http.HeaderParameters ?? {}).map(([name, value]) => [name, fill(value)] as const),
    ...(own.HeaderParameters ?? []).map(({ Key = "", Value = "" }) => [Key, Value] as const),
  ].filter(([name]) => !RESERVED.includes(name.toLowerCase()));
  const body = withBodyParameters(sending.text, own.BodyParameters ?? []);
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "user-agent": "Amazon/EventBridge/ApiDestinations",
    ...Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value])),
  };
  return { url: url.href, headers, body };
}

/** A value such as `$.detail.name` is taken from the event. */
function filled({ delivery }: Sending, value: string): string {
  if (!value.startsWith("$.")) return value;
  const found = valueAt(delivery.event, value);
  return typeof found === "string" ? found : (JSON.stringify(found) ?? "");
}

/** Members that a connection adds to bodies that are JSON objects. */
function withBodyParameters(
  text: string,
  parameters: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[],
): string {
  if (parameters.length === 0 || !text.trimStart().startsWith("{")) return text;
  const body = JSON.parse(text) as object;
  return JSON.stringify({
    ...body,
    ...Object.fromEntries(parameters.map(({ Key, Value }) => [Key ?? "", Value ?? ""])),
  });
}
