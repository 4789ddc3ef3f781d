// The reader thread: runs the reads that would hold up the event loop, and keeps the listings of what is listed often.
import { parentPort, workerData } from "node:worker_threads";
import type { ListedRow } from "../listing.ts";
import type { Found, Statement, Values } from "../statements.ts";
import { Connection } from "./connection.ts";
import { openDatabase } from "./database.ts";
import { type ListedChange, Listings, type ListRequest } from "./listings.ts";
import { type Failure, failure } from "./thread.ts";

export interface ScanRequest {
  readonly statement: Statement;
  readonly values: Values;
}

/** Nothing is found of a listing that would have too many rows. */
export type ScanAnswer = { readonly found: readonly Found[] | undefined } | Failure;

function serve(port: NonNullable<typeof parentPort>, file: string): void {
  const connection = new Connection(openDatabase(file, { readOnly: true }));
  const listings = new Listings((statement, values) => connection.each(statement, values) as Iterable<ListedRow>);
  const answer = (request: ScanRequest | ListRequest): ScanAnswer => {
    try {
      if ("query" in request) return { found: listings.page(request) };
      return { found: connection.all(request.statement, request.values).map((record) => ({ ...record })) };
    } catch (error) {
      return failure(error);
    }
  };
  port.on("message", (request: ScanRequest | ListRequest | ListedChange | "close") => {
    if (request === "close") {
      connection.close();
      port.close();
    } else if ("removed" in request) listings.apply(request);
    else port.postMessage(answer(request));
  });
}

if (parentPort) serve(parentPort, workerData as string);
