// Brings a database to the newest layout, or refuses one that a newer Sagebrush has written.
import { type Kysely, sql } from "kysely";
import { type Dialect, layoutSteps, type Tables } from "./schema.ts";

/** The data were written by a newer Sagebrush than this one. */
export class NewerLayout extends Error {
  override readonly name = "NewerLayout";
  constructor(place: string, found: number, known: number) {
    super(
      `${place} has layout ${found}, this Sagebrush knows layouts up to ${known}. Start it with the newer Sagebrush that wrote it, or restore a backup made by this one.`,
    );
  }
}

/** Takes every missing layout step in one transaction. @throws NewerLayout */
export async function migrate(database: Kysely<Tables>, dialect: Dialect, place: string): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    // Two servers that start at once on one PostgreSQL take turns.
    if (dialect === "postgres") await sql`select pg_advisory_xact_lock(${sql.lit(LAYOUT_LOCK)})`.execute(transaction);
    await transaction.schema
      .createTable("layout")
      .ifNotExists()
      .addColumn("version", "integer", (column) => column.notNull())
      .execute();
    const stored = await transaction.selectFrom("layout").select("version").executeTakeFirst();
    const found = Number(stored?.version ?? 0);
    if (found > layoutSteps.length) throw new NewerLayout(place, found, layoutSteps.length);
    if (found === layoutSteps.length) return;
    for (const step of layoutSteps.slice(found)) await step({ database: transaction, dialect });
    await transaction.deleteFrom("layout").execute();
    await transaction.insertInto("layout").values({ version: layoutSteps.length }).execute();
  });
}

/** Arbitrary, the same in every server. */
const LAYOUT_LOCK = 5_020_901;
