// Which operation of which service a request asks for: credential scope, target header, host name, path, form.
import { ApiError, errors } from "../core/errors.ts";
import type { Catalogue, LoadedService } from "./catalogue.ts";
import type { WireProtocol } from "./protocols/codec.ts";
import { isUploadForm, percentDecode, queryValue, type WireRequest } from "./request.ts";
import { matchRest, type RestMatch } from "./rest-routes.ts";
import { credentialScope } from "./signatures/form.ts";

export interface Route {
  readonly service: LoadedService;
  readonly protocol: WireProtocol;
  /** Wire name; undefined when it is in the form that is the body (query) or nothing AWS knows was asked. */
  readonly operation: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Percent-encoded, with the bucket of a virtual host in front. */
  readonly path: string;
  /** Region of the credential scope. */
  readonly region: string | undefined;
}

/** @throws ApiError UnknownOperation when no service is meant that we have */
export function routeOf(request: WireRequest, catalogue: Catalogue): Route {
  const scope = credentialScope(request);
  const target = request.headers["x-amz-target"];
  const host = readHost(request.host);
  const candidates = candidateServices(catalogue, scope?.service ?? host.signingName, target, isForm(request));
  const path = host.bucket === undefined ? request.rawPath : `/${host.bucket}${request.rawPath}`;
  const found = { region: scope?.region, path, labels: {} };
  if (target !== undefined) return { ...found, ...targetRoute(candidates, target) };
  const rpc = /^\/service\/([^/]+)\/operation\/([^/]+)$/.exec(request.rawPath);
  if (rpc && request.headers["smithy-protocol"] === "rpc-v2-cbor")
    return { ...found, ...cborRoute(candidates, rpc[1] ?? "", rpc[2] ?? "") };
  for (const service of request.rawPath === "/" ? candidates : []) {
    const protocol = service.model.protocols.find(isForms);
    if (protocol !== undefined) return { ...found, service, protocol, operation: undefined };
  }
  return restRoute(request, candidates, found);
}

/** Whether the request is one of the query protocol, to whatever service. */
export const isForm = (request: WireRequest): boolean =>
  request.rawPath === "/" &&
  (request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true ||
    queryValue(request, "Action") !== undefined);

/** Whether requests of the protocol are forms, whose Action says which operation is meant. */
export const isForms = (protocol: WireProtocol): boolean => protocol === "query" || protocol === "ec2";

type Found = Pick<Route, "region" | "path" | "labels">;

function restRoute(request: WireRequest, candidates: readonly LoadedService[], found: Found): Route {
  let fallback: LoadedService | undefined;
  for (const service of candidates) {
    if (service.routes.length === 0) continue;
    fallback ??= service;
    const isS3 = service.dialect === "s3";
    const match: RestMatch | undefined = matchRest(service.routes, {
      method: request.method,
      path: isS3 ? found.path : request.rawPath,
      query: request.query,
      headers: isS3 && isPresigned(request) ? { ...inQuery(request), ...request.headers } : request.headers,
    });
    if (match) return { ...found, ...match, service, protocol: restProtocol(service) };
    const bucket = isS3 && isUploadForm(request) ? /^\/([^/]+)\/?$/.exec(found.path)?.[1] : undefined;
    if (bucket !== undefined)
      return {
        ...found,
        service,
        protocol: "rest-xml",
        operation: "PutObject",
        labels: { Bucket: percentDecode(bucket) },
      };
  }
  const service = fallback ?? candidates[0];
  if (service === undefined)
    throw errors.unknownOperation("This server has no service for the request's host, credential scope or target.");
  return {
    ...found,
    service,
    protocol: service.routes.length > 0 ? restProtocol(service) : (service.model.protocols[0] ?? "json"),
    operation: undefined,
  };
}

const isPresigned = (request: WireRequest): boolean =>
  request.headers["authorization"] === undefined &&
  (queryValue(request, "AWSAccessKeyId") !== undefined || queryValue(request, "X-Amz-Algorithm") !== undefined);

/** A presigned address has headers such as `x-amz-copy-source` in its query. */
const inQuery = ({ query }: WireRequest): Record<string, string> =>
  Object.fromEntries(query.map(({ name, value }) => [name.toLowerCase(), value]));

const restProtocol = (service: LoadedService): WireProtocol => (service.dialect === "s3" ? "rest-xml" : "rest-json");

/**
 * Without a scope or a known host: the service of the target's prefix; STS for forms, which has calls that nobody
 * signs; else S3, which is asked by presigned addresses and by anyone.
 */
function candidateServices(
  catalogue: Catalogue,
  signingName: string | undefined,
  target: string | undefined,
  isOneOfForms: boolean,
): readonly LoadedService[] {
  if (signingName !== undefined) {
    const services = catalogue.bySigningName(signingName);
    if (services.length > 0) return services;
    throw new ApiError("UnknownOperationException", 404, `This server does not serve ${signingName}.`);
  }
  if (target !== undefined) return catalogue.all();
  return catalogue.bySigningName(isOneOfForms ? "sts" : "s3");
}

function targetRoute(
  candidates: readonly LoadedService[],
  target: string,
): Pick<Route, "service" | "protocol" | "operation"> {
  const dot = target.lastIndexOf(".");
  const prefix = target.slice(0, Math.max(0, dot));
  const service = candidates.find(({ model }) => model.targetPrefix === prefix) ?? candidates[0];
  if (service === undefined) throw errors.unknownOperation(`No service has the target prefix ${prefix}.`);
  const known = service.model.targetPrefix === prefix;
  return { service, protocol: "json", operation: known ? target.slice(dot + 1) : undefined };
}

function cborRoute(
  candidates: readonly LoadedService[],
  prefix: string,
  operation: string,
): Pick<Route, "service" | "protocol" | "operation"> {
  const service = candidates.find(({ model }) => model.targetPrefix === prefix && model.protocols.includes("cbor"));
  if (service === undefined) throw errors.unknownOperation(`No service answers RPC v2 CBOR as ${prefix}.`);
  return { service, protocol: "cbor", operation };
}

/** Host names of AWS that say which service is meant, with and without region. */
const serviceHosts: readonly (readonly [RegExp, string])[] = [
  [/^(?:api|runtime|a2i-runtime|runtime-fips|api-fips)\.sagemaker\./, "sagemaker"],
  [/^([a-z0-9-]+?)(?:-fips)?(?:\.[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$/, "$1"],
];

/** S3's virtual hosts: the bucket may hold dots. `s3.localhost` and `bucket.localhost` serve local use. */
const bucketHosts: readonly RegExp[] = [
  /^(.+)\.s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?:\.cn)?$/,
  /^(.+)\.s3\.localhost$/,
  /^(.+)\.s3\.localhost\.localdomain$/,
  /^(.+)\.localhost$/,
];
const s3Host = /^s3(?:[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?:\.cn)?|\.localhost(?:\.localdomain)?)$/;

/** RFC 1035, 2.3.4. The patterns above take time by the square of a name's length: longer ones are no hosts. */
const LONGEST_HOST = 253;
/** A bucket in the host becomes part of the path: slashes and question marks would give the path another meaning. */
const HOST_NAME = /^[\w-]+(\.[\w-]+)+\.?$/;

/** The bucket and key that a request is about when it is one to S3, signed or not. */
export function s3PlaceOf(request: WireRequest): { readonly bucket: string; readonly key: string } | undefined {
  const host = readHost(request.host);
  const signingName = credentialScope(request)?.service ?? host.signingName ?? "s3";
  if (signingName !== "s3" || request.headers["x-amz-target"] !== undefined) return undefined;
  const path = host.bucket === undefined ? request.rawPath.slice(1) : `${host.bucket}${request.rawPath}`;
  const slash = path.indexOf("/");
  const bucket = percentDecode(slash < 0 ? path : path.slice(0, slash));
  return bucket === "" ? undefined : { bucket, key: slash < 0 ? "" : path.slice(slash + 1) };
}

function readHost(host: string): { readonly signingName?: string; readonly bucket?: string } {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  if (name.length > LONGEST_HOST || !HOST_NAME.test(name) || /^[\d.]+$/.test(name)) return {};
  if (s3Host.test(name)) return { signingName: "s3" };
  for (const pattern of bucketHosts) {
    const bucket = pattern.exec(name)?.[1];
    if (bucket !== undefined) return { signingName: "s3", bucket };
  }
  for (const [pattern, signingName] of serviceHosts) {
    const match = pattern.exec(name);
    if (match) return { signingName: signingName.replace("$1", match[1] ?? "") };
  }
  return {};
}
