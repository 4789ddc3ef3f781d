// The registry that docker, podman, skopeo and buildah push to and pull from: OCI distribution specification 1.1 on the
// same port as the APIs. `answer` shows every step: route, authenticate, run (which authorises), encode.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Permission, Principal } from "../../../core/call.ts";
import type { CallLog, CallRecord } from "../../../core/call-record.ts";
import { diskTrouble } from "../../../core/disk-trouble.ts";
import { errors } from "../../../core/errors.ts";
import { newRequestId } from "../../../core/ids.ts";
import type { Log } from "../../../core/log.ts";
import type { Authenticator, Authorizer } from "../../../core/ports.ts";
import { sendAnswer } from "../../../wire/answer.ts";
import { flow, hasBody, PlainBody, readWhole } from "../../../wire/body.ts";
import { readRequest, type WireRequest } from "../../../wire/request.ts";
import type { EcrContext, Place, RepositoryName } from "../shared/model.ts";
import { onRepository } from "../shared/repositories.ts";
import { readDownload } from "../shared/tokens.ts";
import { type Caller, findCaller, hostOf, isRegistryHost, placeOf } from "./authenticate.ts";
import { getBlob } from "./blobs.ts";
import { errorBody, inRegistryWords, RegistryError } from "./errors.ts";
import { type Exchange, parameter, type Reply } from "./exchange.ts";
import { type RegistryRoute, routeOf } from "./routes.ts";

export interface RegistryParts {
  readonly context: EcrContext;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly calls: CallLog;
  readonly log: Log;
}

export interface RegistryDoor {
  /** Whether the request is for the registry, by path and host. */
  isMeant(incoming: IncomingMessage): boolean;
  /** Answers it. Never rejects. */
  handle(incoming: IncomingMessage, response: ServerResponse): Promise<void>;
}

export const openRegistry = (parts: RegistryParts): RegistryDoor => ({
  isMeant,
  handle: (incoming, response) => handle(parts, incoming, response),
});

/**
 * `/v2/` is the registry's, but for what is signed and what comes under another service's name: an object of a virtual
 * host may be called so. No bucket is: its name would be too short.
 */
function isMeant({ url = "", headers }: IncomingMessage): boolean {
  const host = hostOf({ host: headers.host ?? "" });
  if (isRegistryHost(host)) return true;
  if (!/^(?:https?:\/\/[^/]+)?\/v2(?:[/?]|$)/.test(url)) return false;
  if (/^AWS/.test(headers.authorization ?? "")) return false;
  return !/\.amazonaws\.com(\.cn)?$|\.localhost(\.localdomain)?$/.test(host);
}

/** What the call log is told. */
interface Seen {
  request?: WireRequest;
  route?: RegistryRoute;
  caller?: Caller;
  place?: Place;
}

async function handle(parts: RegistryParts, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = newRequestId();
  const startedAt = performance.now();
  const seen: Seen = {};
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  try {
    const reply = await answer(parts, incoming, response, gone.signal, seen).catch((cause: unknown) =>
      refusal(parts.log, requestId, gone.signal.aborted, cause),
    );
    await keepRecord(parts, requestId, startedAt, seen, reply);
    const headers = {
      "Docker-Distribution-Api-Version": "registry/2.0",
      "X-Amzn-RequestId": requestId,
      ...reply.headers,
    };
    await sendAnswer(response, { status: reply.status, headers, body: reply.body });
  } catch (cause) {
    // The head is out: the caller learns it from the broken connection.
    if (!gone.signal.aborted) parts.log.error("An answer of the registry could not be sent.", { requestId, cause });
    response.destroy();
  }
}

async function answer(
  parts: RegistryParts,
  incoming: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
  seen: Seen,
): Promise<Reply & { readonly error?: RegistryError }> {
  const request = readRequest(incoming);
  seen.request = request;
  const given = routeByDownload(parts.context, request);
  const caller = given === undefined ? await findCaller(parts.context, parts.authenticator, request) : undefined;
  if (caller) seen.caller = caller;
  const route = routeOf(request.method, request.rawPath);
  seen.route = route;
  const place = given ?? placeOf(request, caller ?? nobody);
  seen.place = place;
  const name: RepositoryName = { account: place.account, region: place.region, repository: route.repository };
  let body: PlainBody | undefined;
  const exchange: Exchange = {
    context: parts.context,
    request,
    place,
    name,
    reference: route.reference,
    signal,
    async may(operation, other = name) {
      if (caller)
        await authorize(parts, caller.principal, request, [await onRepository(parts.context, other, operation)], place);
    },
    body() {
      const length = incoming.headers["content-length"];
      body ??= flow(
        incoming,
        new PlainBody({ lengthBytes: length === undefined ? undefined : Number(length), sha256: undefined }),
      );
      if (/100-continue/i.test(request.headers["expect"] ?? "") && hasBody(incoming)) response.writeContinue();
      return body;
    },
    whole: (limitBytes) => readWhole(incoming, exchange.body(), limitBytes),
  };
  return route.handler(exchange);
}

const nobody: Caller = { principal: { kind: "user", arn: "", account: "", userId: "" }, region: "" };

/** The layer that an address of GetDownloadUrlForLayer is good for. @throws RegistryError when it is for another one */
function routeByDownload(context: EcrContext, request: WireRequest): Place | undefined {
  const sealed = parameter({ request } as Exchange, "download");
  if (sealed === undefined) return undefined;
  const facts = readDownload(context.sealingKey, sealed, context.clock.now());
  const route = routeOf(request.method, request.rawPath);
  if (
    facts === undefined ||
    route.handler !== getBlob ||
    route.repository !== facts.repository ||
    route.reference !== facts.digest
  )
    throw new RegistryError(403, "DENIED", "This address is for another layer, or has expired. Ask for a new one.");
  return facts;
}

async function authorize(
  parts: RegistryParts,
  principal: Principal,
  request: WireRequest,
  permissions: readonly Permission[],
  { region }: Place,
): Promise<void> {
  const { sourceIp, secure, headers } = request;
  const facts = { at: parts.context.clock.now(), region, sourceIp, secure, userAgent: headers["user-agent"] ?? "" };
  const text = await parts.authorizer.refusal(principal, permissions, facts);
  if (text !== undefined) throw errors.accessDenied(text);
}

function refusal(
  log: Log,
  requestId: string,
  isGone: boolean,
  cause: unknown,
): Reply & { readonly error: RegistryError } {
  const trouble = diskTrouble(cause);
  const error =
    inRegistryWords(cause) ??
    (trouble === undefined
      ? new RegistryError(
          500,
          "UNKNOWN",
          `An internal error; the server's log says more under request id ${requestId}.`,
        )
      : new RegistryError(503, "UNAVAILABLE", `The server's disk takes no data at the moment (${trouble}).`));
  if (error.status === 500 && !isGone)
    log.error("The registry failed with an error that is not for callers.", { requestId, cause });
  return {
    status: error.status,
    headers: { "Content-Type": "application/json", ...error.headers },
    body: errorBody(error),
    error,
  };
}

/** What changes a repository is in the call log, on disk, before it is answered. */
async function keepRecord(
  { calls, context, log }: RegistryParts,
  requestId: string,
  startedAt: number,
  { request, route, caller, place }: Seen,
  reply: Reply & { readonly error?: RegistryError },
): Promise<void> {
  const durationMs = Math.round(performance.now() - startedAt);
  const principal = caller?.principal;
  const record: CallRecord = {
    requestId,
    at: context.clock.now() - durationMs,
    durationMs,
    service: "ecr",
    operation: route?.operation ?? "unknown",
    account: principal?.account ?? "",
    region: place?.region ?? caller?.region ?? "",
    ...(principal === undefined ? {} : { principalArn: principal.arn }),
    ...(principal?.accessKeyId === undefined ? {} : { accessKeyId: principal.accessKeyId }),
    sourceIp: request?.sourceIp ?? "",
    userAgent: request?.headers["user-agent"] ?? "",
    status: reply.status,
    ...(reply.error === undefined ? {} : { errorCode: reply.error.code, errorMessage: reply.error.message }),
    ...(route?.repository ? { parameters: { repositoryName: route.repository, reference: route.reference } } : {}),
  };
  const isChange = route?.operation === "PutImage" || route?.operation === "BatchDeleteImage";
  const kept = calls.record(record, { sync: isChange && reply.status < 400 });
  if (isChange) await kept;
  else kept.catch((cause: unknown) => log.error("A call could not be recorded.", { requestId, cause }));
}
