// The tables behind Rows, and how they came to be: one numbered step for each layout, the same in both dialects.
import { type Generated, type Kysely, type RawBuilder, sql } from "kysely";

export interface RowRecord {
  readonly kind: string;
  readonly scope: string;
  readonly name: string;
  readonly version: number;
  readonly status: string;
  readonly parent: string | null;
  readonly created_at: number;
  readonly modified_at: number;
  /** JSON text. */
  readonly document: string;
}

export interface ChangeRecord {
  readonly id: number;
  readonly at: number;
  readonly kind: string;
  readonly scope: string;
  readonly name: string;
  readonly type: string;
  readonly detail: string | null;
}

export interface Tables {
  rows: RowRecord;
  changes: Omit<ChangeRecord, "id"> & { id: Generated<number> };
  layout: { version: number };
}

export type Dialect = "sqlite" | "postgres";

/**
 * Kinds with millions of rows that are walked by name only. They are left out of the indexes by time and status, which
 * keeps a write to one B-tree. Changing this list takes a new layout step that makes the partial indexes again.
 */
export const keySpaces = [
  "s3:object",
  "s3:version",
  "s3:null-version",
  "s3:part-list",
  "s3:part",
  "s3:multipart-upload",
  "blob",
  "blob:inline",
  "blob:garbage",
  "call",
] as const;

/** The condition of the partial indexes; a query that repeats it may use them. */
export const isListed = sql<boolean>`kind not in (${sql.join(keySpaces.map((kind) => sql.lit(kind)))})`;

/** What a layout step may use. */
export interface Layout {
  readonly database: Kysely<Tables>;
  readonly dialect: Dialect;
}

export const layoutSteps: readonly ((layout: Layout) => Promise<void>)[] = [
  firstLayout,
  // Records of calls are kept in the commits of what they change.
  withKeySpaces,
  // Blobs have CRC-32 from here on: an older Sagebrush would take them for damaged.
  async () => {},
  withOrdersOfLists,
  // Bodies of objects may be sealed from here on: an older Sagebrush would give them out as they lie there.
  async () => {},
];

async function firstLayout({ database, dialect }: Layout): Promise<void> {
  // PostgreSQL compares text by the database's locale unless told; SQLite compares bytes.
  const text = sql.raw(dialect === "postgres" ? `text collate "C"` : "text");
  const integer = sql.raw(dialect === "postgres" ? "bigint" : "integer");
  const schema = database.schema;
  const rows = schema
    .createTable("rows")
    .addColumn("kind", text as RawBuilder<never>, (column) => column.notNull())
    .addColumn("scope", text as RawBuilder<never>, (column) => column.notNull())
    .addColumn("name", text as RawBuilder<never>, (column) => column.notNull())
    .addColumn("version", integer as RawBuilder<never>, (column) => column.notNull())
    .addColumn("status", text as RawBuilder<never>, (column) => column.notNull())
    .addColumn("parent", text as RawBuilder<never>)
    .addColumn("created_at", integer as RawBuilder<never>, (column) => column.notNull())
    .addColumn("modified_at", integer as RawBuilder<never>, (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("rows_key", ["kind", "scope", "name"]);
  // Not `without rowid`: there a look-up compares whole documents that reach over a page, which made a list 8 times slower.
  await (dialect === "sqlite" ? rows.modifyEnd(sql`strict`) : rows).execute();

  await sql`create index rows_by_parent on rows (kind, scope, parent, created_at, name) where parent is not null`.execute(
    database,
  );

  // Ids are never used twice, also after the log has been trimmed: readers keep them as cursors.
  const id = sql.raw(
    dialect === "postgres" ? "bigint generated always as identity primary key" : "integer primary key autoincrement",
  );
  await sql`create table changes (id ${id}, at ${integer} not null, kind ${text} not null, scope ${text} not null,
    name ${text} not null, type text not null, detail text)`.execute(database);
  await sql`create index changes_by_time on changes (at)`.execute(database);
}

/** The indexes that leave the key spaces out, as these are now. */
async function withKeySpaces({ database, dialect }: Layout): Promise<void> {
  await sql`drop index if exists rows_by_created`.execute(database);
  await sql`drop index if exists rows_by_status`.execute(database);
  await sql`create index rows_by_created on rows (kind, scope, created_at, name) where ${isListed}`.execute(database);
  await sql`create index rows_by_status on rows (kind, status, scope, name) where ${isListed}`.execute(database);
  if (dialect === "sqlite") await describeSizes(database);
}

/**
 * Where several servers share the rows, no server keeps their order in memory (listing.ts): PostgreSQL has an index for each
 * that a list asks for, and one of the parts of names if its extension for that is there to be had.
 */
async function withOrdersOfLists({ database, dialect }: Layout): Promise<void> {
  if (dialect !== "postgres") return;
  await sql`create index rows_by_modified on rows (kind, scope, modified_at, name) where ${isListed}`.execute(database);
  await sql`create index rows_by_status_name on rows (kind, scope, status, name) where ${isListed}`.execute(database);
  await sql`create index rows_by_status_created on rows (kind, scope, status, created_at, name) where ${isListed}`.execute(
    database,
  );
  await sql`do $$ begin
    create extension if not exists pg_trgm;
    create index rows_by_part_of_name on rows using gin (lower(name) gin_trgm_ops) where ${isListed};
  exception when insufficient_privilege or undefined_file or feature_not_supported or undefined_object then null;
  end $$`.execute(database);
}

/**
 * Tells SQLite's planner what a full table looks like, instead of analysing one: how many rows, and how many share the
 * first, the first two … columns of an index. Without it the planner walks a whole kind by its key to find one status.
 */
async function describeSizes(database: Kysely<Tables>): Promise<void> {
  await sql`analyze`.execute(database);
  await sql`delete from sqlite_stat1`.execute(database);
  await sql`insert into sqlite_stat1 (tbl, idx, stat) values
    ('rows', 'sqlite_autoindex_rows_1', '1000000 100000 10000 1'),
    ('rows', 'rows_by_created', '500000 50000 5000 2 1'),
    ('rows', 'rows_by_status', '500000 50000 1000 500 1'),
    ('rows', 'rows_by_parent', '10000 5000 5000 100 2 1')`.execute(database);
}
