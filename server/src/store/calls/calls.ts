// Calls: one record for each API call, also the refused ones. CloudTrail's events are made from these.
import type { CallLog, CallRecord } from "../../core/call-record.ts";

export type { CallRecord };

export interface Calls extends CallLog {
  /** Newest first, at most `limit`: those that ended before a time, milliseconds since 1970, or from where a page ended. */
  read(filter: {
    readonly account: string;
    readonly before?: number | undefined;
    readonly after?: number | undefined;
    readonly limit: number;
  }): Promise<CallPage>;
  /**
   * Oldest first, from a place in the log that an earlier page ended at; without one nothing, and where the log ends. So
   * many at most, and fewer when they are long: `hasMore` where it was not the log that ended. What is given, and `next`,
   * is synced: no power cut takes it.
   */
  follow(range: {
    readonly account: string;
    readonly from?: number | undefined;
    readonly limit: number;
  }): Promise<{ readonly calls: readonly CallRecord[]; readonly next: number; readonly hasMore?: true }>;
  close(): Promise<void>;
}

export interface CallPage {
  readonly calls: readonly CallRecord[];
  /** `after` of the next page; absent when there is none. */
  readonly next?: number;
}
