// The writer thread: makes a batch of changes durable in one commit, each in a savepoint of its own.
import { parentPort, workerData } from "node:worker_threads";
import { apply, MADE, type PackedChange } from "../change.ts";
import type { WriteStatements } from "../statements.ts";
import { Connection } from "./connection.ts";
import { openDatabase } from "./database.ts";
import { type Failure, failure } from "./thread.ts";

export interface WriterData {
  readonly file: string;
  readonly statements: WriteStatements;
}

export interface WriterRequest {
  readonly changes: readonly PackedChange[];
  /** Forgets log entries from before this time too; milliseconds since 1970. */
  readonly trimBefore: number | undefined;
}

/** One result for each change, as `apply` gives it. */
export type WriterAnswer = { readonly results: readonly number[] } | Failure;

function makeBatch(connection: Connection, statements: WriteStatements, request: WriterRequest): number[] {
  connection.execute("begin immediate");
  try {
    const results = request.changes.map((change) => makeOne(connection, statements, change));
    if (request.trimBefore !== undefined) connection.all(statements.trim, { before: request.trimBefore });
    connection.execute("commit");
    return results;
  } catch (error) {
    // A full disk has ended the transaction already; the reason why is what has to be told.
    if (connection.isInTransaction) connection.execute("rollback");
    throw error;
  }
}

function makeOne(connection: Connection, statements: WriteStatements, change: PackedChange): number {
  connection.execute("savepoint one");
  const steps = apply(statements, change);
  let step = steps.next();
  while (!step.done) step = steps.next(connection.all(...step.value));
  if (step.value !== MADE) connection.execute("rollback to one");
  connection.execute("release one");
  return step.value;
}

function serve(port: NonNullable<typeof parentPort>, { file, statements }: WriterData): void {
  const connection = new Connection(openDatabase(file, { readOnly: false }));
  const answer = (request: WriterRequest): WriterAnswer => {
    try {
      return { results: makeBatch(connection, statements, request) };
    } catch (error) {
      return failure(error);
    }
  };
  port.on("message", (request: WriterRequest | "close") => {
    if (request !== "close") return port.postMessage(answer(request));
    connection.close();
    port.close();
  });
}

if (parentPort) serve(parentPort, workerData as WriterData);
