// A connection to the SQLite file with its prepared statements.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { bind, type Found, type Statement, type Values } from "../statements.ts";

export class Connection {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  all(statement: Statement, values: Values): readonly Found[] {
    return this.#prepare(statement.sql).all(...bind(statement, values)) as readonly Found[];
  }

  /** Row by row, so that many of them need not be in memory at once. */
  each(statement: Statement, values: Values): Iterable<Found> {
    return this.#prepare(statement.sql).iterate(...bind(statement, values)) as Iterable<Found>;
  }

  /** Statements without parameters or rows. */
  execute(sql: string): void {
    this.#prepare(sql).run();
  }

  get isInTransaction(): boolean {
    return this.#database.isTransaction;
  }

  close(): void {
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    const found = this.#prepared.get(sql);
    if (found) return found;
    const made = this.#database.prepare(sql);
    this.#prepared.set(sql, made);
    return made;
  }
}
