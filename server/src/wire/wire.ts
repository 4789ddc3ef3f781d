// One API call from bytes to bytes. `answerCall` and `perform` show every step in order: route, authenticate, decode,
// validate, authorise, run, encode.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Call, Permission, Principal } from "../core/call.ts";
import type { CallLog } from "../core/call-record.ts";
import type { Clock } from "../core/clock.ts";
import { ApiError, errors } from "../core/errors.ts";
import { newRequestId } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { Authenticator, Authorizer, Invoker } from "../core/ports.ts";
import type { Service } from "../core/service.ts";
import { sendAnswer } from "./answer.ts";
import { type Catalogue, createCatalogue, type LoadedService, type Plan } from "./catalogue.ts";
import { dialectOf, inWordsOf } from "./dialects.ts";
import { isChange, type Progress, recordOf, underWay } from "./progress.ts";
import type { Answer } from "./protocols/codec.ts";
import { strangerError } from "./protocols/query.ts";
import { receive } from "./receive.ts";
import { diskFailure, internalFailure, notBuilt, operationName, requirePlan } from "./refusals.ts";
import { readRequest, type WireRequest } from "./request.ts";
import { isForm, routeOf } from "./routing.ts";
import { createSigningKeys, type SigningKeys } from "./signatures/version4.ts";
import { violationError } from "./validation/constraints.ts";
import { refuseNewer } from "./validation/newer.ts";

export interface WireOptions {
  readonly services: readonly Service[];
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** Takes the record of every call, which calls that change something wait for. */
  readonly calls: CallLog;
  readonly clock: Clock;
  readonly log: Log;
  /** Region of calls whose signature does not say one. */
  readonly region: string;
}

export interface Wire extends Invoker {
  /** Answers one HTTP request; for the events `request` and `checkContinue` of a server. Never rejects. */
  handle(incoming: IncomingMessage, response: ServerResponse): Promise<void>;
}

interface Parts extends WireOptions {
  readonly catalogue: Catalogue;
  readonly keys: SigningKeys;
}

export function createWire(options: WireOptions): Wire {
  const parts: Parts = { ...options, catalogue: createCatalogue(options.services), keys: createSigningKeys() };
  return {
    handle: (incoming, response) => handle(parts, incoming, response),
    invoke: (call, service, operation, input) => invoke(parts, call, service, operation, input),
  };
}

async function handle(parts: Parts, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = newRequestId();
  const progress: Progress = { requestId, startedAt: performance.now(), region: parts.region };
  const gone = new AbortController();
  // An abort costs an exception, so only a caller who left early is told of.
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  try {
    const answer = await answerCall(parts, incoming, response, gone.signal, progress).catch((cause: unknown) =>
      answerError(parts, progress, gone.signal.aborted && isAbort(cause) ? callerLeft() : cause),
    );
    const sync = mustBeSynced(progress, answer.status);
    if (sync) await keepRecord(parts, progress, answer.status, sync);
    const sent = sendAnswer(response, answer);
    // In the same turn, so that no call sees the log without it; but the caller does not wait for it.
    if (!sync) await keepRecord(parts, progress, answer.status, sync);
    await sent;
  } catch (cause) {
    // The head is out or the call log failed: the caller learns it from the broken connection. A body that fails cuts it
    // too, which is told apart from a caller that left.
    if (!gone.signal.aborted || !isEndOfCaller(cause))
      parts.log.error("An answer could not be sent.", { requestId, operation: progress.operation, cause });
    response.destroy();
  }
}

async function answerCall(
  parts: Parts,
  incoming: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
  progress: Progress,
): Promise<Answer> {
  const request = readRequest(incoming);
  progress.request = request;

  const route = routeOf(request, parts.catalogue);
  const { service } = route;
  progress.service = service;
  progress.protocol = route.protocol;
  progress.region = route.region ?? parts.region;
  if (route.operation !== undefined) progress.operation = route.operation;

  const checks = { authenticator: parts.authenticator, keys: parts.keys, now: Date.now() };
  const payload = await receive(request, response, route, checks, (principal) => {
    progress.principal = principal;
  });

  progress.operation = operationName(route, payload.form);
  const plan = requirePlan(service, progress.operation);
  progress.plan = plan;

  const codec = service.codec(route.protocol);
  const input = codec.decode(plan, { ...payload, query: request.query, labels: payload.labels ?? route.labels });
  progress.input = input;

  const call = callOf(parts, request, service, plan, payload.principal, progress, signal);
  const output = await perform(parts, { service, plan, input, call, progress });
  const encoded = codec.encode(plan, output, progress.requestId);
  const answer = { ...encoded, status: plan.operation?.status?.(output) ?? encoded.status };
  return payload.finish ? payload.finish(answer) : answer;
}

interface Performance {
  readonly service: LoadedService;
  readonly plan: Plan;
  readonly input: object;
  readonly call: Call;
  readonly progress: Progress;
}

/** The steps that calls from outside and calls made inside have in common. */
async function perform(parts: Parts, { service, plan, input, call, progress }: Performance): Promise<object> {
  const { operation } = plan;
  if (operation === undefined) throw notBuilt(plan.name, service);

  const problems: string[] = [];
  plan.check(input, "", problems);
  const violation = violationError(problems);
  if (violation) throw violation;
  if (plan.model.unsigned) progress.account = (await operation.accountOf?.(input)) ?? "";
  const newer = plan.findNewer(input, "", plan.honoured);
  if (newer !== undefined) refuseNewer(newer, plan.name);

  const permissions = operation.permissions
    ? await operation.permissions(input, call)
    : [{ action: `${service.service.iamPrefix}:${plan.name}`, resource: "*" }];
  await authorize(parts, call, permissions);

  const run = () => operation.run(input, call);
  const output = await (isChange(plan) ? parts.calls.during(underWay(progress, parts.clock), run) : run());
  progress.output = (output ?? {}) as object;
  return progress.output;
}

async function authorize(parts: Parts, call: Call, permissions: readonly Permission[]): Promise<void> {
  const { at, region, sourceIp, userAgent, secure, headers } = call;
  const referer = headers["referer"];
  const facts = { at, region, sourceIp, userAgent, secure, ...(referer === undefined ? {} : { referer }) };
  const refusal = await parts.authorizer.refusal(call.principal, permissions, facts);
  if (refusal !== undefined) throw errors.accessDenied(refusal);
}

function callOf(
  parts: Parts,
  request: WireRequest,
  service: LoadedService,
  plan: Plan,
  principal: Principal,
  progress: Progress,
  signal: AbortSignal,
): Call {
  const call: Call = {
    service: service.service.name,
    operation: plan.name,
    requestId: progress.requestId,
    account: principal.account,
    region: progress.region,
    principal,
    at: parts.clock.now(),
    sourceIp: request.sourceIp,
    userAgent: request.headers["user-agent"] ?? "",
    secure: request.secure,
    origin: `${request.secure ? "https" : "http"}://${request.host}`,
    headers: request.headers,
    signal,
    authorize: (permissions) => authorize(parts, call, permissions),
    invoke: (name, operation, input) => invoke(parts, call, name, operation, input),
  };
  return call;
}

async function invoke(parts: Parts, from: Call, name: string, operation: string, input: object): Promise<unknown> {
  const service = parts.catalogue.byName(name);
  if (service === undefined) throw new Error(`There is no service ${name} to invoke ${operation} of.`);
  const requestId = newRequestId();
  const { principal, region } = from;
  const startedAt = performance.now();
  const progress: Progress = { requestId, startedAt, service, operation, principal, region, input, inside: from };
  try {
    const plan = requirePlan(service, operation);
    progress.plan = plan;
    const call: Call = {
      ...from,
      service: name,
      operation,
      requestId,
      headers: {},
      authorize: (permissions) => authorize(parts, call, permissions),
      invoke: (...next) => invoke(parts, call, ...next),
    };
    const output = await perform(parts, { service, plan, input, call, progress });
    await keepRecord(parts, progress, 200, mustBeSynced(progress, 200));
    return output;
  } catch (cause) {
    const ours = cause instanceof ApiError;
    progress.error = ours ? inWordsOf(service.service, service.dialect, cause) : internalFailure(requestId);
    await keepRecord(parts, progress, progress.error.status, false);
    throw ours ? progress.error : cause;
  }
}

const isAbort = (cause: unknown): boolean => cause instanceof Error && cause.name === "AbortError";

/** What a stream to a caller fails with when that one has gone. */
const ENDS_OF_CALLERS = new Set([
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_STREAM_DESTROYED",
  "ABORT_ERR",
  "ECONNRESET",
  "EPIPE",
]);

const isEndOfCaller = (cause: unknown): boolean => ENDS_OF_CALLERS.has((cause as NodeJS.ErrnoException).code ?? "");

/** What the call log keeps of a call whose caller did not wait for it. */
const callerLeft = (): ApiError =>
  new ApiError("RequestTimeout", 400, "The connection ended before the request was answered.");

function answerError(parts: Parts, progress: Progress, cause: unknown): Answer {
  const { requestId, service, protocol, operation } = progress;
  if (!(cause instanceof ApiError))
    parts.log.error("An operation failed with an error that is not for callers.", { requestId, operation, cause });
  const error = cause instanceof ApiError ? cause : (diskFailure(cause) ?? internalFailure(requestId));
  if (service === undefined || protocol === undefined) {
    progress.error = error;
    if (progress.request !== undefined && isForm(progress.request)) return strangerError(error, requestId);
    const headers = { "x-amzn-RequestId": requestId, "x-amzn-ErrorType": error.code };
    const body = JSON.stringify({ __type: error.code, message: error.message });
    return { status: error.status, headers: { ...headers, "Content-Type": "application/x-amz-json-1.1" }, body };
  }
  progress.error = inWordsOf(service.service, dialectOf(protocol), error);
  const resource = progress.request?.rawPath ?? "/";
  return service.codec(protocol).encodeError(progress.error, { requestId, resource });
}

/** What was changed is in the log, on disk, before it is acknowledged; a commit may have seen to that already. */
const mustBeSynced = ({ plan, underWay }: Progress, status: number): boolean =>
  plan !== undefined && isChange(plan) && status < 400 && underWay?.isKept !== true;

/** With `sync` it resolves when the log has the record on disk. */
async function keepRecord(parts: Parts, progress: Progress, status: number, sync: boolean): Promise<void> {
  const isKept = progress.underWay?.isKept === true;
  const kept = parts.calls.record(recordOf(progress, status, parts.clock), { sync, isKept });
  if (sync) await kept;
  else
    kept.catch((cause: unknown) => {
      parts.log.error("A call could not be recorded.", { requestId: progress.requestId, cause });
    });
}
