// How every connection of ours opens the SQLite file.
import { DatabaseSync } from "node:sqlite";

/**
 * Write-ahead log, and a commit that is answered only after the sync.
 */
export function openDatabase(file: string, options: { readonly readOnly: boolean }): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: options.readOnly, timeout: BUSY_TIMEOUT_MS });
  if (!options.readOnly) database.exec("pragma journal_mode = wal");
  database.exec("pragma synchronous = full; pragma cache_size = -16000; pragma temp_store = memory");
  return database;
}

/** Readers and the writer wait for each other only while a checkpoint starts the log anew. */
const BUSY_TIMEOUT_MS = 10_000;

/** SQLITE_CORRUPT and SQLITE_NOTADB, as in sqlite3.h; what is more in a code says where. */
const DAMAGE = new Set([11, 26]);

/** Whether SQLite found its file not to be what it wrote. */
export const isDamage = (error: unknown): error is Error =>
  error instanceof Error && "errcode" in error && DAMAGE.has(Number(error.errcode) & 0xff);
