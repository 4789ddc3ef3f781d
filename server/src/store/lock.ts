// One server at a time on a data folder. The lock is SQLite's exclusive lock on a file of its own: the system lets go of
// it when the process ends, also by kill -9.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { FolderUnusable } from "./layout.ts";

/** Another server works on the folder. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
}

/** Takes the folder for this process; call the result to let go. @throws FolderInUse */
export async function lockFolder(folder: string): Promise<() => void> {
  const holder = join(folder, "server.pid");
  const database = openLock(folder);
  try {
    database.exec("pragma locking_mode = exclusive; begin exclusive");
  } catch (cause) {
    database.close();
    if (!isBusy(cause)) throw cause;
    const pid = await readFile(holder, "utf8").catch(() => "unknown");
    throw new FolderInUse(
      `Another server (process ${pid.trim()}) works on ${folder}. Stop it, or give this one another folder with --data.`,
      { cause },
    );
  }
  await writeFile(holder, `${process.pid}\n`);
  return () => database.close();
}

function openLock(folder: string): DatabaseSync {
  try {
    return new DatabaseSync(join(folder, "server.lock"), { timeout: 0 });
  } catch (cause) {
    throw new FolderUnusable(
      `The data folder ${folder} cannot be written to. Give another one with --data, or make it writable.`,
      { cause },
    );
  }
}

/** SQLITE_BUSY, as in sqlite3.h. */
const BUSY = 5;

const isBusy = (error: unknown) => error instanceof Error && "errcode" in error && error.errcode === BUSY;
