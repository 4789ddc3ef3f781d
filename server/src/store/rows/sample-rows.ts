// What the suites of Rows make and read.
import assert from "node:assert/strict";
import type { Row, RowQuery, Rows, RowWrite } from "./rows.ts";

export const scope = "123456789012/us-east-1";

/** A row of a made-up kind. */
export const aRow = (name: string, more: Partial<RowWrite> = {}): RowWrite => ({
  kind: "test:thing",
  scope,
  name,
  status: "Ready",
  createdAt: 1000,
  modifiedAt: 1000,
  document: { Name: name },
  ...more,
});

export const names = (rows: readonly Row[]) => rows.map(({ name }) => name);

export async function allPages(rows: Rows, query: RowQuery): Promise<string[]> {
  const found: string[] = [];
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await rows.list({ ...query, after });
    assert.ok(page.rows.length <= query.limit);
    found.push(...names(page.rows));
    after = page.next;
  }
  return found;
}

/** Runs a test of the name. */
export type It = (behaviour: string, run: () => Promise<void>) => void;
