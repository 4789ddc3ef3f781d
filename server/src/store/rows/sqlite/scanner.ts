// The reader thread: runs the reads that would hold up the event loop.
import { parentPort, workerData } from "node:worker_threads";
import type { Found, Statement, Values } from "../statements.ts";
import { Connection } from "./connection.ts";
import { openDatabase } from "./database.ts";
import { type Failure, failure } from "./thread.ts";

export interface ScanRequest {
  readonly statement: Statement;
  readonly values: Values;
}

export type ScanAnswer = { readonly found: readonly Found[] } | Failure;

function serve(port: NonNullable<typeof parentPort>, file: string): void {
  const connection = new Connection(openDatabase(file, { readOnly: true }));
  const answer = ({ statement, values }: ScanRequest): ScanAnswer => {
    try {
      return { found: connection.all(statement, values).map((record) => ({ ...record })) };
    } catch (error) {
      return failure(error);
    }
  };
  port.on("message", (request: ScanRequest | "close") => {
    if (request !== "close") return port.postMessage(answer(request));
    connection.close();
    port.close();
  });
}

if (parentPort) serve(parentPort, workerData as string);
