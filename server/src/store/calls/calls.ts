// Calls: one record for each API call, also the refused ones. CloudTrail's events are made from these.
import type { CallRecord } from "../../core/call-record.ts";

export type { CallRecord };

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
