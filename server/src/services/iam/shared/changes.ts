// Changes of IAM's rows: made, rewritten and removed as they are now, while others change them.
import type { ApiError } from "../../../core/errors.ts";
import type { Committer } from "../../../store/rows/guarded.ts";
import { type Change, Conflict, type RowKey, type RowWrite, type Row as StoredRow } from "../../../store/rows/rows.ts";
import { concurrentModification } from "../errors.ts";
import type { Identities } from "./identities.ts";

/** Tools that set up an account attach one policy to many roles at once, each of which writes the policy too. */
const ATTEMPTS = 50;
const CHANGED_MEANWHILE = "The request was rejected because another request was changing the same object: try again.";

/**
 * Repeats reading and writing while others write the same. @throws ApiError ConcurrentModification
 */
export async function retrying<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (cause) {
      if (!(cause instanceof Conflict)) throw cause;
      if (count === ATTEMPTS) {
        throw concurrentModification(CHANGED_MEANWHILE);
      }
    }
  }
}

/** @throws ApiError ConcurrentModification */
export const commitChecked = (identities: Identities, change: Change): Promise<void> =>
  identities.commit(change).catch((cause: unknown) => {
    throw cause instanceof Conflict ? concurrentModification(CHANGED_MEANWHILE) : cause;
  });

/**
 * Adds a row, with what belongs to it. `by`: the identities, or what commits within a quota of theirs.
 * @throws what `exists` makes when its name is taken, ConcurrentModification, and what `by` throws
 */
export async function createRow(
  by: Committer,
  row: RowWrite<unknown>,
  exists: () => ApiError,
  more: Change = {},
): Promise<void> {
  try {
    await by.commit({
      expect: [{ key: keyOf(row), version: "absent" }, ...(more.expect ?? [])],
      put: [row, ...(more.put ?? [])],
      remove: more.remove ?? [],
      events: [event(row, "created"), ...(more.events ?? [])],
    });
  } catch (cause) {
    if (!(cause instanceof Conflict)) throw cause;
    throw cause.expectation.version === "absent" ? exists() : concurrentModification(CHANGED_MEANWHILE);
  }
}

/** Removes the row that was read, and what is only about it. @throws ApiError ConcurrentModification */
export const removeRow = (
  identities: Identities,
  row: StoredRow<unknown>,
  about: readonly RowKey[] = [],
): Promise<void> =>
  commitChecked(identities, {
    expect: [unchanged(row)],
    remove: [keyOf(row), ...about],
    events: [event(row, "deleted")],
  });

/** Replaces what `find` gives by what `change` makes of it, with what `lock` adds to the commit; again while others do. */
export function changeRow<Document>(
  identities: Identities,
  find: () => Promise<StoredRow<Document>>,
  change: (document: Document) => Document,
  lock: () => Promise<Change> = () => Promise.resolve({}),
): Promise<Document> {
  return retrying(async () => {
    const row = await find();
    const document = change(row.document);
    const more = await lock();
    await identities.commit({
      expect: [unchanged(row), ...(more.expect ?? [])],
      put: [rewritten(row, document, identities.now()), ...(more.put ?? [])],
      events: [event(row, "updated")],
    });
    return document;
  });
}

/** Part of a change that leans on a row: writing it again holds its deletion and renaming off. */
export const lockOf = (row: StoredRow<unknown>): Change => ({
  expect: [unchanged(row)],
  put: [rewritten(row, row.document, row.modifiedAt)],
});

export const unchanged = (row: StoredRow<unknown>) => ({ key: keyOf(row), version: row.version });
export const keyOf = ({ kind, scope, name }: RowKey): RowKey => ({ kind, scope, name });
export const event = (row: RowKey, type: "created" | "updated" | "deleted") => ({ ...keyOf(row), type });

export function rewritten<Document>(row: StoredRow<unknown>, document: Document, at: number): RowWrite<Document> {
  return {
    ...keyOf(row),
    status: row.status,
    parent: row.parent,
    createdAt: row.createdAt,
    modifiedAt: at,
    document,
  };
}

/** A new row, as IAM's rows are: active from now on. */
export const created = <Document>(key: RowKey, document: Document, at: number): RowWrite<Document> => ({
  ...key,
  status: "Active",
  createdAt: at,
  modifiedAt: at,
  document,
});
