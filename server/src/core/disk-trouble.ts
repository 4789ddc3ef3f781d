// Errors by which the disk says that it takes nothing or gives nothing: read-only, full, or failing. They are nobody's
// bug: what was acknowledged is there, and the same call may succeed later.

/** errno(3), of calls that work on files. */
const CODES = new Set(["EROFS", "EIO", "ENOSPC", "EDQUOT", "EPERM", "EACCES"]);
const FILE_CALLS = new Set([
  ...["open", "write", "writev", "fsync", "fdatasync", "ftruncate", "truncate", "read"],
  ...["mkdir", "rename", "unlink", "rmdir", "rm", "copyfile", "chmod", "statfs"],
]);

/** SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL and SQLITE_CANTOPEN, as in sqlite3.h; what is more in a code says where. */
const SQLITE_CODES = new Set([8, 10, 13, 14]);

/** The disk's own words, if the error is one of the disk. */
export function diskTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, errcode } = error as NodeJS.ErrnoException & { readonly errcode?: unknown };
  if (typeof errcode === "number" && SQLITE_CODES.has(errcode & 0xff)) return error.message;
  return CODES.has(code ?? "") && FILE_CALLS.has(syscall ?? "") ? `${code}, ${syscall}` : undefined;
}
