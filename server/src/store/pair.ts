// A data folder and the database of its rows belong together: files that no row names are removed at the start, so that
// the wrong database would empty the folder.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "../core/ids.ts";
import { replaceFile } from "./durable.ts";
import { FolderUnusable } from "./layout.ts";
import { Conflict, type Rows } from "./rows/rows.ts";

const KEY = { kind: "store:database", scope: "", name: "id" } as const;

/** Notes in a new folder which database it belongs to. @throws FolderUnusable when it belongs to another */
export async function pairFolder(folder: string, rows: Rows, now: number): Promise<void> {
  const file = join(folder, "database");
  const noted = (await readFile(file, "utf8").catch(absent))?.trim();
  const id = (await idOf(rows)) ?? (noted === undefined ? await newDatabase(rows, now) : undefined);
  if (noted === undefined && id !== undefined) await replaceFile(file, `${id}\n`);
  else if (noted !== id)
    throw new FolderUnusable(
      `The data folder ${folder} was made with another database. Start with the --database it had, or give this database a folder of its own with --data.`,
    );
}

const idOf = async (rows: Rows): Promise<string | undefined> => (await rows.get<string>(KEY))?.document;

/** Another server of the same new database may be faster. */
async function newDatabase(rows: Rows, now: number): Promise<string | undefined> {
  const document = newId();
  try {
    const row = { ...KEY, status: "", createdAt: now, modifiedAt: now, document };
    await rows.commit({ expect: [{ key: KEY, version: "absent" }], put: [row] });
    return document;
  } catch (cause) {
    if (!(cause instanceof Conflict)) throw cause;
    return idOf(rows);
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}
