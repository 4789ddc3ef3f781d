// Looks at every row of a kind, a slice at a time, so that other calls are answered in between.
import { setImmediate } from "node:timers/promises";
import type { Row, Rows } from "../../../store/rows/rows.ts";

/** Rows looked at before others get their turn: some milliseconds. */
const SLICE = 100;

export interface Range {
  readonly kind: string;
  readonly scope: string;
  /** The only rows to look at, when they are known. */
  readonly names?: readonly string[] | undefined;
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** Slices of rows, by name where all are looked at; a row that comes or goes meanwhile may be among them or not. */
export async function* slices<Document>(rows: Rows, range: Range): AsyncGenerator<readonly Row<Document>[]> {
  const { kind, scope, names, signal } = range;
  if (names) {
    for (let from = 0; from < names.length; from += SLICE) {
      signal.throwIfAborted();
      const keys = names.slice(from, from + SLICE).map((name) => ({ kind, scope, name }));
      yield (await rows.getMany<Document>(keys)).filter((row) => row !== undefined);
      await setImmediate();
    }
    return;
  }
  let after: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    const slice = await rows.scan<Document>({ kind, scope, after, limit: SLICE });
    yield slice;
    after = slice.at(-1)?.name;
    if (slice.length < SLICE || after === undefined) return;
    await setImmediate();
  }
}
