// Rows by what the settings say: a file, or the address of a database.
import type { Clock } from "../../core/clock.ts";
import type { Rows } from "./rows.ts";
import { openSqliteRows } from "./sqlite/open.ts";

export interface RowsOptions {
  readonly clock: Clock;
  /** Told of failures that nobody waits for. */
  readonly report: (error: unknown) => void;
}

/** @throws NewerLayout, TypeError for an address of another database */
export async function openRows(
  place: { readonly file: string } | { readonly url: string },
  { clock, report }: RowsOptions,
): Promise<Rows> {
  if ("file" in place) return openSqliteRows({ file: place.file, clock });
  if (/^postgres(ql)?:\/\//.test(place.url)) {
    // Loaded when asked for: the driver takes memory and time at start.
    const { openPostgresRows } = await import("./postgres/open.ts");
    return openPostgresRows({ url: place.url, clock, report });
  }
  throw new TypeError(
    `The database's address must start with postgres:// or postgresql://, got ${JSON.stringify(withoutPassword(place.url))}.`,
  );
}

const withoutPassword = (url: string) => url.replace(/:[^:@/]*@/, ":…@");
