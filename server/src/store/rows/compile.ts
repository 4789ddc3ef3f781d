// SQL compiled once by Kysely and kept.
import { type Compilable, type Kysely, sql } from "kysely";
import type { RowRecord, Tables } from "./schema.ts";
import type { Statement, Value, WriteStatements } from "./statements.ts";

class Parameter {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A place in a query that is filled in when the statement runs. */
export const parameter = <T extends Value>(name: string): T => new Parameter(name) as unknown as T;

export function compile(query: Compilable<unknown>): Statement {
  const { sql, parameters } = query.compile();
  return {
    sql,
    parameters: parameters.map((each) => (each instanceof Parameter ? { name: each.name } : (each as Value))),
  };
}

const key = {
  kind: parameter<string>("kind"),
  scope: parameter<string>("scope"),
  name: parameter<string>("name"),
};

/** What a commit runs. */
export function writeStatements(database: Kysely<Tables>): WriteStatements {
  const row: RowRecord = {
    ...key,
    version: sql.lit(1) as unknown as number,
    status: parameter("status"),
    parent: parameter("parent"),
    created_at: parameter("created_at"),
    modified_at: parameter("modified_at"),
    document: parameter("document"),
  };
  const byKey = database
    .selectFrom("rows")
    .where("kind", "=", key.kind)
    .where("scope", "=", key.scope)
    .where("name", "=", key.name);
  return {
    version: compile(byKey.select("version")),
    put: compile(
      database
        .insertInto("rows")
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(["kind", "scope", "name"]).doUpdateSet((to) => ({
            version: to("rows.version", "+", sql.lit(1)),
            status: to.ref("excluded.status"),
            parent: to.ref("excluded.parent"),
            created_at: to.ref("excluded.created_at"),
            modified_at: to.ref("excluded.modified_at"),
            document: to.ref("excluded.document"),
          })),
        ),
    ),
    remove: compile(
      database
        .deleteFrom("rows")
        .where("kind", "=", key.kind)
        .where("scope", "=", key.scope)
        .where("name", "=", key.name),
    ),
    log: compile(
      database
        .insertInto("changes")
        .values({ ...key, at: parameter<number>("at"), type: parameter<string>("type"), detail: parameter("detail") }),
    ),
    trim: compile(database.deleteFrom("changes").where("at", "<", parameter<number>("before"))),
  };
}
