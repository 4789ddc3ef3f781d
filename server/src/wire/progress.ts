// What is known of a call so far: filled step by step, read by the error document and by the call log.
import type { Call, Principal } from "../core/call.ts";
import type { CallRecord } from "../core/call-record.ts";
import type { ApiError } from "../core/errors.ts";
import type { LoadedService, Plan } from "./catalogue.ts";
import type { WireProtocol } from "./protocols/codec.ts";
import type { WireRequest } from "./request.ts";

export interface Progress {
  readonly requestId: string;
  readonly startedAt: number;
  request?: WireRequest;
  service?: LoadedService;
  protocol?: WireProtocol;
  operation?: string;
  plan?: Plan;
  region: string;
  principal?: Principal;
  input?: object;
  error?: ApiError;
}

/** The call as the call log keeps it. `inside` is the call that made this one, if the platform made it. */
export function recordOf(progress: Progress, status: number, at: number, inside?: Call): CallRecord {
  const { principal, plan, error, input, request } = progress;
  const parameters = input === undefined ? undefined : plan?.redact?.(input);
  return {
    requestId: progress.requestId,
    at,
    durationMs: Date.now() - progress.startedAt,
    service: progress.service?.service.name ?? "unknown",
    operation: plan?.name ?? progress.operation ?? "unknown",
    account: principal?.account ?? "",
    region: progress.region,
    ...(principal === undefined ? {} : { principalArn: principal.arn }),
    ...(principal?.accessKeyId === undefined ? {} : { accessKeyId: principal.accessKeyId }),
    sourceIp: request?.sourceIp ?? inside?.sourceIp ?? "",
    userAgent: request?.headers["user-agent"] ?? inside?.userAgent ?? "",
    status,
    ...(error === undefined ? {} : { errorCode: error.code, errorMessage: error.message }),
    ...(parameters === undefined ? {} : { parameters }),
  };
}

/** Calls that changed something are in the call log, on disk, before they are answered; data calls are not. */
export const mustBeKept = ({ plan }: Progress, status: number): boolean =>
  plan !== undefined && !plan.isRead && plan.redact !== undefined && status < 400;
