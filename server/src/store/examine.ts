// Whether a data folder still holds what was written: the database's pages, and a file of the right size for each blob.
// Reads only; a server may be at work in the folder.
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { OWNED, SCOPE } from "./blobs/folder/collect.ts";
import { Places } from "./blobs/folder/places.ts";
import { Connection } from "./rows/sqlite/connection.ts";
import { openDatabase } from "./rows/sqlite/database.ts";

export interface Examination {
  /** What SQLite finds wrong with its file, in its own words. */
  readonly database: readonly string[];
  readonly blobs: number;
  /** Blobs whose file is gone or has another size, each with what names it: `s3:object bucket key`. */
  readonly damaged: readonly string[];
}

/** Problems of the database told at most; the first ones say enough. */
const MOST_PROBLEMS = 5;
/** Damaged blobs whose rows are looked for: each look walks all rows. */
const MOST_NAMED = 20;
const PAGE = 1000;

/** Undefined where no rows are kept in the folder: before the first start, or with PostgreSQL. */
export async function examineStore(folder: string): Promise<Examination | undefined> {
  const file = join(folder, "rows.db");
  if (!existsSync(file)) return undefined;
  let connection: Connection | undefined;
  try {
    connection = new Connection(openDatabase(file, { readOnly: true }));
    const problems = ask(connection, `pragma quick_check(${MOST_PROBLEMS})`);
    const database = problems.map((row) => String(Object.values(row)[0])).filter((text) => text !== "ok");
    if (database.length > 0) return { database, blobs: 0, damaged: [] };
    return { database, ...(await examineBlobs(connection, new Places(join(folder, "blobs")))) };
  } catch (cause) {
    return { database: [(cause as Error).message], blobs: 0, damaged: [] };
  } finally {
    connection?.close();
  }
}

const ask = (connection: Connection, text: string, ...parameters: readonly string[]) =>
  connection.all({ sql: text, parameters }, {});

async function examineBlobs(connection: Connection, places: Places): Promise<Omit<Examination, "database">> {
  let blobs = 0;
  const damaged: string[] = [];
  for (let after = "", more = true; more; ) {
    const page = ask(
      connection,
      `select name, document from rows where kind = '${OWNED}' and scope = '${SCOPE}' and name > ? order by name limit ${PAGE}`,
      after,
    );
    for (const { name, document } of page) {
      const id = String(name);
      const { sizeBytes } = JSON.parse(String(document)) as { readonly sizeBytes: number };
      if ((await sizeOf(places.file(id))) === sizeBytes) continue;
      damaged.push(damaged.length < MOST_NAMED ? nameOf(connection, id) : id);
    }
    blobs += page.length;
    after = String(page.at(-1)?.["name"]);
    more = page.length === PAGE;
  }
  return { blobs, damaged };
}

const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );

/** The row that names the blob, as people may know it. */
function nameOf(connection: Connection, id: string): string {
  const [row] = ask(
    connection,
    `select kind, scope, name from rows where kind not like '${OWNED}%' and kind <> 'call' and instr(document, ?) > 0 limit 1`,
    id,
  );
  return row === undefined ? `blob ${id}` : `${row["kind"]} ${row["scope"]} ${row["name"]}`;
}
