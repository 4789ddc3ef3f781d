// Connections as rows: how a destination is authorized. What they authorize with is in Secrets Manager; answers leave it out.
import type {
  ConnectionAuthResponseParameters,
  ConnectionHttpParameters,
  ConnectionState,
  CreateConnectionAuthRequestParameters,
  UpdateConnectionAuthRequestParameters,
} from "../../../../../contract/events/types.ts";
import { again } from "../../../store/rows/again.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { concurrent, notFound, validation } from "../errors.ts";
import type { Parts } from "./parts.ts";
import { type Place, scopeOf } from "./place.ts";

export type AuthorizationType = "BASIC" | "OAUTH_CLIENT_CREDENTIALS" | "API_KEY";
export type AuthParameters = CreateConnectionAuthRequestParameters;

export interface ConnectionDocument {
  /** Last part of its ARN. */
  readonly id: string;
  readonly description?: string | undefined;
  readonly authorizationType: AuthorizationType;
  /** Of the secret that holds what it authorizes with. */
  readonly secretName: string;
  /** Absent until the secret is made, and when the connection is not authorized any more. */
  readonly secretArn?: string | undefined;
  readonly stateReason?: string | undefined;
  /** Milliseconds since 1970. */
  readonly authorizedAt?: number | undefined;
}

/** Its status is the connection's state. */
export type ConnectionRow = Row<ConnectionDocument>;

export const CONNECTION = "events:connection";
export const connectionKey = (place: Place, name: string) => ({ kind: CONNECTION, scope: scopeOf(place), name });
export const stateOf = ({ status }: { readonly status: string }): ConnectionState => status as ConnectionState;

export const findConnection = ({ rows }: Parts, place: Place, name: string): Promise<ConnectionRow | undefined> =>
  rows.get<ConnectionDocument>(connectionKey(place, name));

/** @throws ApiError ResourceNotFound */
export async function requireConnection(parts: Parts, place: Place, name: string): Promise<ConnectionRow> {
  const row = await findConnection(parts, place, name);
  if (row === undefined) {
    throw notFound(`Failed to describe the connection(s). Connection '${name}' does not exist.`);
  }
  return row;
}

interface ConnectionChange {
  readonly status: ConnectionState;
  readonly document: ConnectionDocument;
}

/** @throws ApiError ConcurrentModificationException while it is made or deleted */
export function refuseUnsettled({ name, status }: ConnectionRow): void {
  if (status !== "CREATING" && status !== "DELETING") return;
  throw concurrent(`Connection ${name} is in the state ${status}: try again.`);
}

/** Changes a connection as a whole. @throws ApiError ResourceNotFound, and what `change` throws */
export async function changeConnection(
  parts: Parts,
  place: Place & { readonly at: number },
  name: string,
  change: (row: ConnectionRow) => ConnectionChange | Promise<ConnectionChange>,
): Promise<ConnectionRow> {
  return await again(async () => {
    const row = await requireConnection(parts, place, name);
    const { version, ...kept } = row;
    const changed = { ...kept, ...(await change(row)), modifiedAt: place.at };
    await parts.rows.commit({ expect: [{ key: row, version }], put: [changed] });
    return { ...changed, version: version + 1 };
  });
}

const parametersOf: Readonly<
  Record<AuthorizationType, "BasicAuthParameters" | "OAuthParameters" | "ApiKeyAuthParameters">
> = {
  BASIC: "BasicAuthParameters",
  OAUTH_CLIENT_CREDENTIALS: "OAuthParameters",
  API_KEY: "ApiKeyAuthParameters",
};

/** @throws ApiError ValidationException unless the parameters are those of the type */
export function checkParameters(type: AuthorizationType, parameters: AuthParameters): void {
  const wanted = parametersOf[type];
  const given = Object.values(parametersOf).filter((name) => parameters[name] !== undefined);
  if (given.length !== 1 || given[0] !== wanted) {
    throw validation(`Authorization type ${type} needs ${wanted} in AuthParameters and no others.`);
  }
  if (parameters.ConnectivityParameters !== undefined) {
    throw validation("ConnectivityParameters is not yet available in Sagebrush.");
  }
}

/** The old parameters with the given ones in their place, member by member. */
export function mergeParameters(old: AuthParameters, given: UpdateConnectionAuthRequestParameters): AuthParameters {
  const { BasicAuthParameters: basic, OAuthParameters: oauth, ApiKeyAuthParameters: key } = given;
  const client = { ...old.OAuthParameters?.ClientParameters, ...oauth?.ClientParameters };
  return {
    ...old,
    ...(basic && { BasicAuthParameters: { ...old.BasicAuthParameters, ...basic } }),
    ...(oauth && { OAuthParameters: { ...old.OAuthParameters, ...oauth, ClientParameters: client } }),
    ...(key && { ApiKeyAuthParameters: { ...old.ApiKeyAuthParameters, ...key } }),
    ...(given.InvocationHttpParameters && { InvocationHttpParameters: given.InvocationHttpParameters }),
  } as AuthParameters;
}

/** What may be shown of parameters. */
export function shownParameters(parameters: AuthParameters): ConnectionAuthResponseParameters {
  const { BasicAuthParameters: basic, OAuthParameters: oauth, ApiKeyAuthParameters: key } = parameters;
  const http = parameters.InvocationHttpParameters;
  return {
    ...(basic && { BasicAuthParameters: { Username: basic.Username } }),
    ...(key && { ApiKeyAuthParameters: { ApiKeyName: key.ApiKeyName } }),
    ...(oauth && {
      OAuthParameters: {
        ClientParameters: { ClientID: oauth.ClientParameters.ClientID },
        AuthorizationEndpoint: oauth.AuthorizationEndpoint,
        HttpMethod: oauth.HttpMethod,
        ...(oauth.OAuthHttpParameters && { OAuthHttpParameters: withoutSecrets(oauth.OAuthHttpParameters) }),
      },
    }),
    ...(http && { InvocationHttpParameters: withoutSecrets(http) }),
  };
}

interface Parameter {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
  readonly IsValueSecret?: boolean | undefined;
}

function withoutSecrets(parameters: ConnectionHttpParameters): ConnectionHttpParameters {
  const shown = (list: readonly Parameter[] | undefined) =>
    list?.map(({ Value, ...rest }) => (rest.IsValueSecret === true ? rest : { ...rest, Value }));
  return Object.fromEntries(Object.entries(parameters).map(([name, list]) => [name, shown(list)]));
}
