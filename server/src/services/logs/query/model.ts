// A query as it is kept: a row, and rows with what it found.
import type { Row, RowWrite } from "../../../store/rows/rows.ts";
import type { Cell } from "./evaluate/pipeline.ts";

export const QUERY = "logs:query";
const RESULT = "logs:query-result";

/** Statuses that do not change any more. */
export const ENDED = ["Complete", "Failed", "Cancelled", "Timeout"] as const;
export type Ended = (typeof ENDED)[number];
export type Status = "Scheduled" | "Running" | Ended;

export interface Statistics {
  readonly recordsMatched: number;
  readonly recordsScanned: number;
  readonly bytesScanned: number;
  readonly logGroupsScanned: number;
}

export interface QueryDocument {
  readonly queryString: string;
  readonly groups: readonly string[];
  /** Seconds since 1970, both within. */
  readonly startTime: number;
  readonly endTime: number;
  readonly limit: number;
  readonly statistics?: Statistics;
  readonly durationMs?: number;
  /** Rows that hold what was found. */
  readonly resultRows?: number;
}

export type QueryRow = Row<QueryDocument>;
export type Found = readonly (readonly Cell[])[];

/** What one row of the store holds, and what an answer holds at most. */
const ROW_BYTES = 512 * 1024;
export const ANSWER_BYTES = 16 * 1_048_576;

export const isEnded = (status: string): status is Ended => (ENDED as readonly string[]).includes(status);

/** The first rows, as many as an answer may hold. */
export function withinAnswer(found: Found): Found {
  let bytes = 0;
  const end = found.findIndex((row) => {
    bytes += sizeOf(row);
    return bytes > ANSWER_BYTES;
  });
  return end < 0 ? found : found.slice(0, end);
}

const sizeOf = (row: readonly Cell[]): number =>
  row.reduce((sum, { field, value }) => sum + Buffer.byteLength(field) + Buffer.byteLength(value) + 24, 2);

/** Names are numbered from 0. */
export const resultKey = ({ scope, name }: Pick<QueryRow, "scope" | "name">, number: number) => ({
  kind: RESULT,
  scope,
  name: `${name}/${String(number).padStart(4, "0")}`,
});

export function resultRows(query: Pick<QueryRow, "scope" | "name">, found: Found, at: number): RowWrite<Found>[] {
  const rows: RowWrite<Found>[] = [];
  let document: (readonly Cell[])[] = [];
  let bytes = 0;
  const end = () => {
    const key = resultKey(query, rows.length);
    rows.push({ ...key, status: "Complete", createdAt: at, modifiedAt: at, document });
    document = [];
    bytes = 0;
  };
  for (const row of found) {
    document.push(row);
    bytes += sizeOf(row);
    if (bytes >= ROW_BYTES) end();
  }
  if (document.length > 0) end();
  return rows;
}
