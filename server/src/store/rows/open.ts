// Rows by what the settings say: a file, or the address of a database.
import type { Clock } from "../../core/clock.ts";
import type { Rows } from "./rows.ts";
import { openSqliteRows } from "./sqlite/open.ts";

/** @throws NewerLayout, TypeError for an address of another database */
export async function openRows(
  place: { readonly file: string } | { readonly url: string },
  clock: Clock,
): Promise<Rows> {
  if ("file" in place) return openSqliteRows({ file: place.file, clock });
  throw new TypeError(
    `The database's address must start with postgres:// or postgresql://, got ${JSON.stringify(withoutPassword(place.url))}.`,
  );
}

const withoutPassword = (url: string) => url.replace(/:[^:@/]*@/, ":…@");
