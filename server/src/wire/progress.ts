// What is known of a call so far: filled step by step, read by the error document and by the call log.
import type { Call, Principal } from "../core/call.ts";
import type { CallRecord, CallUnderWay } from "../core/call-record.ts";
import type { Clock } from "../core/clock.ts";
import type { ApiError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { LoadedService, Plan } from "./catalogue.ts";
import type { WireProtocol } from "./protocols/codec.ts";
import type { WireRequest } from "./request.ts";

export interface Progress {
  readonly requestId: string;
  /** By performance.now(), which nobody sets. */
  readonly startedAt: number;
  request?: WireRequest;
  service?: LoadedService;
  protocol?: WireProtocol;
  operation?: string;
  plan?: Plan;
  region: string;
  principal?: Principal;
  /** Whose call it is when nobody signed it. */
  account?: string;
  input?: object;
  /** The input as the call log keeps it, once that was asked for: by the commit of a change, and when it is answered. */
  parameters?: Json | undefined;
  output?: object;
  error?: ApiError;
  /** The call that made this one, if the platform made it. */
  readonly inside?: Call;
  underWay?: CallUnderWay;
}

/** The call as the call log keeps it. */
export function recordOf(progress: Progress, status: number, clock: Clock): CallRecord {
  const { principal, plan, error, input, output, request, inside } = progress;
  const durationMs = Math.round(performance.now() - progress.startedAt);
  if (input !== undefined) progress.parameters ??= plan?.redact?.(input);
  const { parameters } = progress;
  const response = output === undefined ? undefined : plan?.redactOutput?.(output);
  return {
    requestId: progress.requestId,
    at: clock.now() - durationMs,
    durationMs,
    service: progress.service?.service.name ?? "unknown",
    operation: plan?.name ?? progress.operation ?? "unknown",
    account: principal?.account ?? progress.account ?? "",
    region: progress.region,
    ...whoOf(principal),
    sourceIp: request?.sourceIp ?? inside?.sourceIp ?? "",
    userAgent: request?.headers["user-agent"] ?? inside?.userAgent ?? "",
    status,
    ...(error === undefined ? {} : { errorCode: error.code, errorMessage: error.message }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(response === undefined ? {} : { response }),
  };
}

const whoOf = (principal: Principal | undefined): Partial<CallRecord> =>
  principal === undefined
    ? {}
    : {
        principalArn: principal.arn,
        principalId: principal.userId,
        ...(principal.roleArn === undefined ? {} : { roleArn: principal.roleArn }),
        ...(principal.issuedAt === undefined ? {} : { sessionAt: principal.issuedAt }),
        ...(principal.accessKeyId === undefined ? {} : { accessKeyId: principal.accessKeyId }),
      };

/** Calls that change something are in the call log, on disk, before they are answered; data calls are not. */
export const isChange = (plan: Plan): boolean => !plan.isRead && !plan.isData && plan.redact !== undefined;

/** The call while it runs, for the commit that keeps its record. */
export function underWay(progress: Progress, clock: Clock): CallUnderWay {
  progress.underWay = { record: () => recordOf(progress, 200, clock), isKept: false };
  return progress.underWay;
}
