// Calls: one record for each API call, also the refused ones. CloudTrail's events are made from these.
import type { Json } from "../rows/rows.ts";

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

export interface Calls {
  /** Takes the record at once, writes it within a second; with `sync` resolves when it is on disk. */
  record(call: CallRecord, options: { readonly sync: boolean }): Promise<void>;
  /** Newest first, from `before` (exclusive, milliseconds since 1970) downwards. */
  read(filter: {
    readonly account: string;
    readonly before?: number;
    readonly limit: number;
  }): Promise<readonly CallRecord[]>;
  close(): Promise<void>;
}
