// One server at a time on a data folder. The lock is SQLite's exclusive lock on a file of its own: the system lets go of
// it when the process ends, also by kill -9.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { diskTrouble } from "../core/disk-trouble.ts";
import { FolderUnusable } from "./layout.ts";

/** Another server works on the folder. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
}

/** Takes the folder for this process; call the result to let go. @throws FolderInUse, FolderUnusable */
export async function lockFolder(folder: string): Promise<() => void> {
  const holder = join(folder, "server.pid");
  const database = openLock(folder);
  try {
    database.exec("pragma locking_mode = exclusive; begin exclusive");
  } catch (cause) {
    database.close();
    if (diskTrouble(cause) !== undefined) throw unwritable(folder, cause);
    if (!isBusy(cause)) throw cause;
    const pid = await readFile(holder, "utf8").catch(() => "unknown");
    throw new FolderInUse(
      `Another server (process ${pid.trim()}) works on ${folder}. Stop it, or give this one another folder with --data.`,
      { cause },
    );
  }
  // The first thing that is written: a lock may be had where nothing else can be.
  await writeFile(holder, `${process.pid}\n`).catch((cause: unknown) => {
    database.close();
    throw diskTrouble(cause) === undefined ? cause : unwritable(folder, cause);
  });
  return () => database.close();
}

function openLock(folder: string): DatabaseSync {
  try {
    return new DatabaseSync(join(folder, "server.lock"), { timeout: 0 });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

const unwritable = (folder: string, cause: unknown): FolderUnusable =>
  new FolderUnusable(
    `The data folder ${folder} cannot be written to (${(cause as Error).message}). Give another one with --data, or make it ` +
      "writable: the folder must be this user's, and its file system not mounted read-only (mount -o remount,rw).",
    { cause },
  );

/** SQLITE_BUSY, as in sqlite3.h. */
const BUSY = 5;

const isBusy = (error: unknown) => error instanceof Error && "errcode" in error && error.errcode === BUSY;
