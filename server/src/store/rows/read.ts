// The reading half of Rows, over anything that can run a statement.
import type { Kysely } from "kysely";
import { type Position, writeCursor } from "./cursor.ts";
import { createQuestions, sortColumn } from "./query.ts";
import type { RowCache } from "./row-cache.ts";
import type { Json, LoggedChange, Row, RowKey, RowQuery, Rows } from "./rows.ts";
import type { ChangeRecord, RowRecord, Tables } from "./schema.ts";
import type { Statement, Value } from "./statements.ts";

export type Run = (
  statement: Statement,
  values: Readonly<Record<string, Value>>,
  heavy: boolean,
) => Promise<readonly object[]> | readonly object[];

/** Rows of one status read at once by `everywhere`. */
const PAGE = 500;

/** For a store that no other process writes. */
export interface KeptReads {
  readonly cache: RowCache;
  /**
   * Where the rows stand that a list gives which no index serves; `load` reads all rows of its kind and scope. Undefined
   * where these are too many to be kept.
   */
  readonly list: (
    query: RowQuery,
    position: Position | undefined,
    load: Statement,
  ) => Promise<readonly object[] | undefined>;
}

export function createReads(
  database: Kysely<Tables>,
  run: Run,
  kept?: KeptReads,
): Pick<Rows, "get" | "getMany" | "list" | "count" | "scan" | "everywhere" | "changes" | "latestChange"> {
  const cache = kept?.cache;
  const questions = createQuestions(database, cache === undefined ? "whole" : "position");
  const get = async <Document>({ kind, scope, name }: RowKey): Promise<Row<Document> | undefined> => {
    const key = { kind, scope, name };
    const known = cache?.get(key);
    if (known) return known as Row<Document>;
    if (cache?.lacks(key)) return undefined;
    const found = run(questions.get, key, false);
    const [record] = (found instanceof Promise ? await found : found) as readonly Omit<RowRecord, keyof RowKey>[];
    if (record === undefined) {
      cache?.keepAbsent(key);
      return undefined;
    }
    const row = toRow<Document>({ ...record, ...key });
    return cache ? cache.keep(row) : row;
  };
  /**
   * Rows of a page, read with one statement where they are not at hand. Those of later pages are not kept: who walks a
   * long list would push out what others ask for again and again.
   */
  const page = async <Document>({ kind, scope, after }: RowQuery, names: readonly string[]) => {
    const known = names.map((name) => cache?.get({ kind, scope, name }));
    const missing = names.filter((_, index) => known[index] === undefined);
    // SQLite's JSON ends at a zero byte.
    if (missing.length < 2 || missing.some((name) => name.includes("\0")))
      return await Promise.all(names.map((name) => get<Document>({ kind, scope, name })));
    const found = run(questions.named, { kind, scope, names: JSON.stringify(missing) }, false);
    const records = (found instanceof Promise ? await found : found) as readonly RowRecord[];
    const read = new Map(records.map((record) => [record.name, toRow<Document>({ ...record, kind, scope })]));
    if (cache && after === undefined) for (const row of read.values()) cache.keep(row);
    return names.map((name, index) => (known[index] as Row<Document> | undefined) ?? read.get(name));
  };
  return {
    get,
    getMany: <Document>(keys: readonly RowKey[]) => Promise.all(keys.map((key) => get<Document>(key))),
    async list<Document>(query: RowQuery) {
      const { statement, values, heavy, position, isListed } = questions.list(query);
      const walked =
        kept && heavy && isListed
          ? await kept.list({ ...query, limit: query.limit + 1 }, position, questions.listed)
          : undefined;
      const records = (walked ?? (await run(statement, values, heavy))) as readonly RowRecord[];
      const { kind, scope, limit } = query;
      const listed = records.slice(0, limit);
      const rows = cache
        ? await page<Document>(
            query,
            listed.map(({ name }) => name),
          )
        : listed.map((record) => toRow<Document>({ ...record, kind, scope }));
      // One that was removed since it was listed is left out.
      const found = rows.filter((row) => row !== undefined);
      const last = records[limit - 1];
      if (records.length <= limit || !last) return { rows: found };
      const column = sortColumn(query);
      const { name } = last;
      return { rows: found, next: writeCursor(query, column === "name" ? { name } : { name, value: last[column] }) };
    },
    async count({ kind, scope, parent }) {
      const values = { kind, scope, ...(parent === undefined ? {} : { parent }) };
      const [found] = (await run(questions.count(parent !== undefined), values, true)) as readonly { count: number }[];
      return Number(found?.count ?? 0);
    },
    async scan<Document>(range: Parameters<Rows["scan"]>[0]) {
      const { statement, values, heavy } = questions.scan(range);
      const records = (await run(statement, values, heavy)) as readonly RowRecord[];
      return records.map((record) => toRow<Document>(record));
    },
    async *everywhere<Document>(kind: string, unlessStatus: readonly string[]) {
      type Next = readonly [{ readonly status: string | null } | undefined];
      let [next] = (await run(questions.firstStatus, { kind }, false)) as Next;
      while (typeof next?.status === "string") {
        const { status } = next;
        let after = { scope: "", name: "" };
        for (let more = !unlessStatus.includes(status); more; ) {
          const values = { kind, status, ...after, limit: PAGE };
          const records = (await run(questions.ofStatus, values, true)) as readonly RowRecord[];
          for (const record of records) yield toRow<Document>(record);
          more = records.length === PAGE;
          after = records.at(-1) ?? after;
        }
        [next] = (await run(questions.nextStatus, { kind, after: status }, false)) as Next;
      }
    },
    async changes(after: number, limit: number) {
      const records = (await run(questions.changes, { after, limit }, false)) as readonly ChangeRecord[];
      return records.map(toChange);
    },
    async latestChange() {
      const [newest] = (await run(questions.latestChange, {}, false)) as readonly { readonly id: number | null }[];
      return Number(newest?.id ?? 0);
    },
  };
}

export function toRow<Document>(record: RowRecord): Row<Document> {
  return {
    kind: record.kind,
    scope: record.scope,
    name: record.name,
    version: record.version,
    status: record.status,
    ...(record.parent === null ? {} : { parent: record.parent }),
    createdAt: record.created_at,
    modifiedAt: record.modified_at,
    document: JSON.parse(record.document) as Document,
  };
}

function toChange({ detail, ...record }: ChangeRecord): LoggedChange {
  return { ...record, ...(detail === null ? {} : { detail: JSON.parse(detail) as Json }) };
}
