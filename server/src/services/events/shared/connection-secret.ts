// What a connection authorizes with, in the secret of Secrets Manager that EventBridge keeps for it. Members of that secret
// are those that AWS writes (moto, test_kms_key_is_created, checked against AWS), of OAuth by the same rule.
import type { ConnectionHttpParameters } from "../../../../../contract/events/types.ts";
import type { AuthParameters, ConnectionRow } from "./connections.ts";
import type { Parts } from "./parts.ts";
import type { Place } from "./place.ts";

const ownedSecret = ({ account, region }: Place, { document }: ConnectionRow) => ({
  account,
  region,
  name: document.secretName,
  service: "events",
});

/** ARN of the secret. @throws ApiError InvalidParameterException when the parameters are too long for a secret */
export const keepParameters = (
  { secrets }: Parts,
  place: Place,
  row: ConnectionRow,
  parameters: AuthParameters,
): Promise<string> => secrets.put(ownedSecret(place, row), JSON.stringify(written(parameters)));

/** Nothing for a connection that is not authorized any more. */
export async function openParameters({ secrets }: Parts, place: Place, row: ConnectionRow): Promise<AuthParameters> {
  const text = await secrets.open(ownedSecret(place, row));
  return text === undefined ? {} : read(JSON.parse(text) as Kept);
}

export const forgetParameters = ({ secrets }: Parts, place: Place, row: ConnectionRow): Promise<void> =>
  secrets.remove(ownedSecret(place, row));

/** With its secret. It is not there any more for anybody when this begins, or was never told of. */
export async function removeConnection(parts: Parts, place: Place, row: ConnectionRow): Promise<void> {
  await forgetParameters(parts, place, row);
  await parts.rows.commit({ remove: [row] });
}

interface KeptParameter {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
  readonly is_value_secret?: boolean | undefined;
}

interface KeptHttp {
  readonly header_parameters?: readonly KeptParameter[];
  readonly query_string_parameters?: readonly KeptParameter[];
  readonly body_parameters?: readonly KeptParameter[];
}

interface Kept {
  readonly username?: string;
  readonly password?: string;
  readonly api_key_name?: string;
  readonly api_key_value?: string;
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly authorization_endpoint?: string;
  readonly http_method?: "GET" | "POST" | "PUT";
  readonly oauth_http_parameters?: KeptHttp;
  readonly invocation_http_parameters?: KeptHttp;
}

function written(parameters: AuthParameters): Kept {
  const { BasicAuthParameters: basic, ApiKeyAuthParameters: key, OAuthParameters: oauth } = parameters;
  const http = parameters.InvocationHttpParameters;
  return {
    ...(basic && { username: basic.Username, password: basic.Password }),
    ...(key && { api_key_name: key.ApiKeyName, api_key_value: key.ApiKeyValue }),
    ...(oauth && {
      client_id: oauth.ClientParameters.ClientID,
      client_secret: oauth.ClientParameters.ClientSecret,
      authorization_endpoint: oauth.AuthorizationEndpoint,
      http_method: oauth.HttpMethod,
      ...(oauth.OAuthHttpParameters && { oauth_http_parameters: writtenHttp(oauth.OAuthHttpParameters) }),
    }),
    ...(http && { invocation_http_parameters: writtenHttp(http) }),
  };
}

function read(kept: Kept): AuthParameters {
  const { username: Username, password: Password, api_key_name: ApiKeyName, api_key_value: ApiKeyValue } = kept;
  const { client_id: ClientID, client_secret: ClientSecret, authorization_endpoint: AuthorizationEndpoint } = kept;
  const { http_method: HttpMethod, oauth_http_parameters: oauthHttp, invocation_http_parameters: http } = kept;
  const hasOAuth = ClientID !== undefined && ClientSecret !== undefined && AuthorizationEndpoint !== undefined;
  return {
    ...(Username !== undefined && Password !== undefined && { BasicAuthParameters: { Username, Password } }),
    ...(ApiKeyName !== undefined && ApiKeyValue !== undefined && { ApiKeyAuthParameters: { ApiKeyName, ApiKeyValue } }),
    ...(hasOAuth &&
      HttpMethod !== undefined && {
        OAuthParameters: {
          ClientParameters: { ClientID, ClientSecret },
          AuthorizationEndpoint,
          HttpMethod,
          ...(oauthHttp && { OAuthHttpParameters: readHttp(oauthHttp) }),
        },
      }),
    ...(http && { InvocationHttpParameters: readHttp(http) }),
  };
}

type Parameters = NonNullable<ConnectionHttpParameters["HeaderParameters"]>;

const writtenList = (list: Parameters): readonly KeptParameter[] =>
  list.map(({ Key, Value, IsValueSecret }) => ({ key: Key, value: Value, is_value_secret: IsValueSecret }));

const readList = (list: readonly KeptParameter[]): Parameters =>
  list.map(({ key, value, is_value_secret }) => ({ Key: key, Value: value, IsValueSecret: is_value_secret }));

function writtenHttp(http: ConnectionHttpParameters): KeptHttp {
  const { HeaderParameters: header, QueryStringParameters: query, BodyParameters: body } = http;
  return {
    ...(header && { header_parameters: writtenList(header) }),
    ...(query && { query_string_parameters: writtenList(query) }),
    ...(body && { body_parameters: writtenList(body) }),
  };
}

function readHttp(http: KeptHttp): ConnectionHttpParameters {
  const { header_parameters: header, query_string_parameters: query, body_parameters: body } = http;
  return {
    ...(header && { HeaderParameters: readList(header) }),
    ...(query && { QueryStringParameters: readList(query) }),
    ...(body && { BodyParameters: readList(body) }),
  };
}
