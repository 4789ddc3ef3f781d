// Rows in PostgreSQL, for several servers on one state. Batches of changes take turns by one advisory lock, so that ids of
// the change log become visible in their order and expectations hold until the commit.
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { Clock } from "../../../core/clock.ts";
import { Batches } from "../../batches.ts";
import { apply, judge, type PackedChange, pack } from "../change.ts";
import { writeStatements } from "../compile.ts";
import { migrate } from "../migrate.ts";
import { createReads } from "../read.ts";
import type { Change, Rows } from "../rows.ts";
import type { Tables } from "../schema.ts";
import { bind, type Found, type Statement, type Values, type WriteStatements } from "../statements.ts";
import { createTrimming, Watchers } from "../watchers.ts";
import { CHANNEL, listen } from "./listen.ts";

export interface PostgresRowsOptions {
  readonly url: string;
  readonly clock: Clock;
  /** Told of connections lost while nobody waited for them; new ones are made. */
  readonly report: (error: unknown) => void;
}

const BATCH_LIMIT = 256;
const CONNECTIONS = 10;
/** Arbitrary, the same in every server. */
const WRITER_LOCK = 5_020_902;

/** @throws NewerLayout, the driver's error when the database cannot be reached */
export async function openPostgresRows({ url, clock, report }: PostgresRowsOptions): Promise<Rows> {
  const settings = { connectionString: url, types: { getTypeParser } };
  const pool = new pg.Pool({ ...settings, max: CONNECTIONS });
  pool.on("error", report);
  const watchers = new Watchers();
  try {
    const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
    await migrate(kysely, "postgres", "The database");
    const unlisten = await listen(settings, () => watchers.wake(), report);
    const named = createNames();
    const statements = writeStatements(kysely);
    const trimming = createTrimming();
    const batches = new Batches<PackedChange, number>(BATCH_LIMIT, async (changes) => {
      const client = await pool.connect();
      let broken = true;
      try {
        const results = await makeBatch({ client, named, statements }, changes, trimming(clock.now()));
        broken = false;
        return results;
      } finally {
        client.release(broken);
      }
    });
    return {
      ...createReads(kysely, async (statement, values) =>
        Object.values(values).some(holdsZero) ? [] : (await pool.query<Found>(named(statement, values))).rows,
      ),
      async commit(change: Change) {
        judge(change, await batches.submit(pack(change, clock.now())));
      },
      watch: (changed, signal) => watchers.add(changed, signal),
      async close() {
        await batches.idle();
        await unlisten();
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** PostgreSQL keeps no text with a zero byte and refuses to compare with one; nothing has such a name. */
const holdsZero = (value: unknown): boolean => typeof value === "string" && value.includes("\0");

/** Times and versions are `bigint`, which the driver gives as text unless told; all of ours are exact as numbers. */
function getTypeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as "text");
}

type Named = (statement: Statement, values: Values) => { name: string; text: string; values: unknown[] };

/** Gives each statement a name, by which the database keeps it prepared on a connection. */
function createNames(): Named {
  const names = new Map<string, string>();
  return (statement, values) => {
    const name = names.get(statement.sql) ?? `s${names.size}`;
    names.set(statement.sql, name);
    return { name, text: statement.sql, values: bind(statement, values) };
  };
}

interface Writing {
  readonly client: pg.PoolClient;
  readonly named: Named;
  readonly statements: WriteStatements;
}

/** Makes all changes in one commit. When one cannot be made at all, each gets a commit of its own, so that only that one fails. */
async function makeBatch(
  writing: Writing,
  changes: readonly PackedChange[],
  trimBefore: number | undefined,
): Promise<readonly (number | Error)[]> {
  const { client, named, statements } = writing;
  await client.query(`begin; select pg_advisory_xact_lock(${WRITER_LOCK})`);
  try {
    const results: number[] = [];
    for (const change of changes) results.push(await makeOne(writing, change));
    if (trimBefore !== undefined) await client.query(named(statements.trim, { before: trimBefore }));
    if (changes.some(({ events }) => events.length > 0)) await client.query(`notify ${CHANNEL}`);
    await client.query("commit");
    return results;
  } catch (error) {
    await client.query("rollback");
    if (changes.length === 1) throw error;
  }
  const results: (number | Error)[] = [];
  for (const change of changes)
    results.push(...(await makeBatch(writing, [change], undefined).catch((error) => [error])));
  return results;
}

async function makeOne({ client, named, statements }: Writing, change: PackedChange): Promise<number> {
  const steps = apply(statements, change);
  let step = steps.next();
  while (!step.done) step = steps.next((await client.query<Found>(named(...step.value))).rows);
  return step.value;
}
