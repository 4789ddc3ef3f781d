// What the parts of a pipeline are to each other.
import type { LogRecord } from "./record.ts";

/** Does something to a record, or leaves it out: false. */
export type Step = (record: LogRecord) => boolean;

/** Takes records one by one and gives rows when asked, which may be before the last. */
export interface Collector {
  /** @throws QueryFailure when the query gathers more than one may */
  take(record: LogRecord): void;
  rows(): LogRecord[];
}

/** A query that is understood and cannot be answered. */
export class QueryFailure extends Error {
  override readonly name = "QueryFailure";
}
