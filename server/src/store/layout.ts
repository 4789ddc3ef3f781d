// Which layout a data folder has: a number in the file `layout`. Rows have their own, in the database.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, replaceFile } from "./durable.ts";
import { NewerLayout } from "./rows/migrate.ts";

/** Raised with a step in `prepareFolder` that brings older folders to it. */
const LAYOUT = 1;

/** The data folder cannot be made or written to. */
export class FolderUnusable extends Error {
  override readonly name = "FolderUnusable";
}

/** Makes the folder if it is missing. @throws FolderUnusable */
export async function makeDataFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    if (!(await stat(folder)).isDirectory()) throw new Error("it is a file");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FolderUnusable(
      `The data folder ${folder} cannot be made (${reason}). Give another one with --data, or make it writable.`,
      { cause },
    );
  }
}

/** Notes the layout of a new folder. @throws NewerLayout for one that a newer Sagebrush has written */
export async function checkLayout(folder: string): Promise<void> {
  const file = join(folder, "layout");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return replaceFile(file, `${LAYOUT}\n`);
  const found = Number(text);
  if (!Number.isInteger(found) || found < 1)
    throw new FolderUnusable(
      `${file} must hold a layout number, got ${JSON.stringify(text.slice(0, 40))}. Restore a backup.`,
    );
  if (found > LAYOUT) throw new NewerLayout(folder, found, LAYOUT);
}
