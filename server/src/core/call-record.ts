// One API call as the call log keeps it: written by the wire, kept by store/calls, read by CloudTrail.
import type { Json } from "./json.ts";

export interface CallRecord {
  readonly requestId: string;
  readonly at: number;
  readonly durationMs: number;
  readonly service: string;
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly principalArn?: string;
  readonly accessKeyId?: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly status: number;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  /** Request parameters without blobs and without sensitive members; absent for data calls. */
  readonly parameters?: Json;
}
