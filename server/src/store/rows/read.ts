// The reading half of Rows, over anything that can run a statement.
import type { Kysely } from "kysely";
import { writeCursor } from "./cursor.ts";
import type { Documents } from "./documents.ts";
import { createQuestions, type listedColumns, sortColumn } from "./query.ts";
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

export function createReads(
  database: Kysely<Tables>,
  run: Run,
  documents: Documents,
): Pick<Rows, "get" | "getMany" | "list" | "scan" | "everywhere" | "changes" | "latestChange"> {
  const questions = createQuestions(database);
  const get = async <Document>({ kind, scope, name }: RowKey): Promise<Row<Document> | undefined> => {
    const key = { kind, scope, name };
    const found = run(questions.get, key, false);
    const [record] = (found instanceof Promise ? await found : found) as readonly Omit<RowRecord, keyof RowKey>[];
    return record && toRow<Document>({ ...record, ...key });
  };
  /** The rows of a page; undefined for one that was removed since it was listed. */
  const listed = async <Document>(record: ListedRecord): Promise<Row<Document> | undefined> => {
    const known = documents.get(record);
    if (known !== undefined) return { ...withoutDocument(record), document: known as Document };
    const row = await get<Document>(record);
    if (row) documents.keep(row);
    return row;
  };
  return {
    get,
    getMany: <Document>(keys: readonly RowKey[]) => Promise.all(keys.map((key) => get<Document>(key))),
    async list<Document>(query: RowQuery) {
      const { statement, values, heavy } = questions.list(query);
      const records = (await run(statement, values, heavy)) as readonly ListedRecord[];
      const found = await Promise.all(records.slice(0, query.limit).map((record) => listed<Document>(record)));
      const rows = found.filter((row) => row !== undefined);
      const last = records[query.limit - 1];
      if (records.length <= query.limit || !last) return { rows };
      const column = sortColumn(query);
      const { name } = last;
      return { rows, next: writeCursor(query, column === "name" ? { name } : { name, value: last[column] }) };
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

type ListedRecord = Pick<RowRecord, (typeof listedColumns)[number]>;

function toRow<Document>(record: RowRecord): Row<Document> {
  return { ...withoutDocument(record), document: JSON.parse(record.document) as Document };
}

function withoutDocument(record: ListedRecord): Omit<Row, "document"> {
  return {
    kind: record.kind,
    scope: record.scope,
    name: record.name,
    version: record.version,
    status: record.status,
    ...(record.parent === null ? {} : { parent: record.parent }),
    createdAt: record.created_at,
    modifiedAt: record.modified_at,
  };
}

function toChange({ detail, ...record }: ChangeRecord): LoggedChange {
  return { ...record, ...(detail === null ? {} : { detail: JSON.parse(detail) as Json }) };
}
