// One API call as the call log keeps it: written by the wire, kept by store/calls, read by CloudTrail.
import type { Json } from "./json.ts";

export interface CallRecord {
  readonly requestId: string;
  /** When it arrived, milliseconds since 1970. */
  readonly at: number;
  readonly durationMs: number;
  readonly service: string;
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly principalArn?: string;
  /** Unique id of who called, as GetCallerIdentity gives it. */
  readonly principalId?: string;
  /** The role behind a session, and when the session began. */
  readonly roleArn?: string;
  readonly sessionAt?: number;
  readonly accessKeyId?: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly status: number;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  /** Request parameters without blobs and without sensitive members; of data calls those that their address names. */
  readonly parameters?: Json;
  /** What a call that changed something was answered, by the same rules. */
  readonly response?: Json;
}

/** A call that runs: what its record will be if it goes well, and whether a commit has kept that. */
export interface CallUnderWay {
  record(): CallRecord;
  isKept: boolean;
}

/** Where the wire leaves the records of calls. */
export interface CallLog {
  /** Runs the work of a call that changes something: the first commit made in it keeps the call's record. */
  during<Result>(call: CallUnderWay, work: () => Result): Result;
  /**
   * Takes the record at once, writes it within a second; with `sync` resolves when it is on disk. `isKept`: a commit
   * has kept the record as it was then.
   */
  record(call: CallRecord, options: { readonly sync: boolean; readonly isKept?: boolean }): Promise<void>;
}
