// Compiles the reads of Rows: one statement for each shape of query (which filters, which order), kept for the next time.
import { type Kysely, sql } from "kysely";
import { compile, parameter } from "./compile.ts";
import { type Position, readCursor } from "./cursor.ts";
import { lowered } from "./name-parts.ts";
import type { RowQuery } from "./rows.ts";
import { isListed, keySpaces, type RowRecord, type Tables } from "./schema.ts";
import type { Statement, Value } from "./statements.ts";

export type SortColumn = "name" | "created_at" | "modified_at" | "status";

const sortColumns = { name: "name", created: "created_at", modified: "modified_at", status: "status" } as const;

export const sortColumn = (query: RowQuery): SortColumn => sortColumns[query.sortBy ?? "name"];

export interface RowRange {
  readonly kind: string;
  readonly scope: string;
  readonly prefix?: string | undefined;
  readonly from?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** What a list reads: whole rows, or only where they stand in its order, for a store that has the rows at hand. */
export type Listed = "whole" | "position";

/** A statement with its values. */
export interface Question {
  readonly statement: Statement;
  readonly values: Readonly<Record<string, Value>>;
  /** May read many rows for each one it finds, so it must not run on the event loop. */
  readonly heavy: boolean;
}

/** More rows than this are read off the event loop; 1,000 rows of 1 kB take about 3 ms. */
const MANY_ROWS = 1000;

export function createQuestions(database: Kysely<Tables>, listed: Listed) {
  const known = new Map<string, Statement>();
  const once = (shape: string, make: () => Statement): Statement => {
    const found = known.get(shape);
    if (found) return found;
    const made = make();
    known.set(shape, made);
    return made;
  };
  return {
    get: compile(
      database
        .selectFrom("rows")
        .select(["version", "status", "parent", "created_at", "modified_at", "document"])
        .where("kind", "=", parameter<string>("kind"))
        .where("scope", "=", parameter<string>("scope"))
        .where("name", "=", parameter<string>("name")),
    ),
    changes: compile(
      database
        .selectFrom("changes")
        .selectAll()
        .where("id", ">", parameter<number>("after"))
        .orderBy("id")
        .limit(parameter<number>("limit")),
    ),
    latestChange: compile(database.selectFrom("changes").select((of) => of.fn.max("id").as("id"))),
    /** The next status of a kind, in byte order. */
    nextStatus: compile(
      database
        .selectFrom("rows")
        .select((of) => of.fn.min("status").as("status"))
        .where("kind", "=", parameter<string>("kind"))
        .where("status", ">", parameter<string>("after"))
        .where(isListed),
    ),
    firstStatus: compile(
      database
        .selectFrom("rows")
        .select((of) => of.fn.min("status").as("status"))
        .where("kind", "=", parameter<string>("kind"))
        .where(isListed),
    ),
    ofStatus: compile(
      database
        .selectFrom("rows")
        .selectAll()
        .where("kind", "=", parameter<string>("kind"))
        .where("status", "=", parameter<string>("status"))
        .where(isListed)
        .where(sql<boolean>`(scope, name) > (${parameter("scope")}, ${parameter("name")})`)
        .orderBy("scope")
        .orderBy("name")
        .limit(parameter<number>("limit")),
    ),
    /** Several rows of a kind and scope; `names` is a JSON array. In the words of SQLite. */
    named: compile(
      database
        .selectFrom("rows")
        .select(["name", "version", "status", "parent", "created_at", "modified_at", "document"])
        .where("kind", "=", parameter<string>("kind"))
        .where("scope", "=", parameter<string>("scope"))
        .where(sql<boolean>`name in (select value from json_each(${parameter("names")}))`),
    ),
    count: (parent: boolean) =>
      once(`count ${parent}`, () => {
        const all = database
          .selectFrom("rows")
          .select((of) => of.fn.countAll().as("count"))
          .where("kind", "=", parameter<string>("kind"))
          .where("scope", "=", parameter<string>("scope"));
        return compile(parent ? all.where("parent", "=", parameter<string>("parent")) : all);
      }),
    /** All rows of a kind and scope, as lists look at them. */
    listed: compile(
      database
        .selectFrom("rows")
        .select(["name", "status", "parent", "created_at", "modified_at"])
        .where("kind", "=", parameter<string>("kind"))
        .where("scope", "=", parameter<string>("scope"))
        .orderBy("name"),
    ),
    list: (query: RowQuery) => listQuestion({ database, listed, once }, query),
    scan: (range: RowRange) => scanQuestion(database, range, once),
  };
}

type Once = (shape: string, make: () => Statement) => Statement;
type Condition = readonly [column: keyof RowRecord, operator: "=" | ">" | ">=" | "<" | "like", name: string, Value];

function conditions(query: RowQuery): Condition[] {
  const upper = query.namePrefix ? afterPrefix(query.namePrefix) : undefined;
  const all: (Condition | undefined)[] = [
    ["kind", "=", "kind", query.kind],
    ["scope", "=", "scope", query.scope],
    query.namePrefix ? ["name", ">=", "lower", query.namePrefix] : undefined,
    upper === undefined ? undefined : ["name", "<", "upper", upper],
    query.status === undefined ? undefined : ["status", "=", "status", query.status],
    query.parent === undefined ? undefined : ["parent", "=", "parent", query.parent],
    query.createdAfter === undefined ? undefined : ["created_at", ">", "createdAfter", query.createdAfter],
    query.createdBefore === undefined ? undefined : ["created_at", "<", "createdBefore", query.createdBefore],
    query.modifiedAfter === undefined ? undefined : ["modified_at", ">", "modifiedAfter", query.modifiedAfter],
    query.modifiedBefore === undefined ? undefined : ["modified_at", "<", "modifiedBefore", query.modifiedBefore],
    query.nameContains ? ["name", "like", "contains", containing(query.nameContains)] : undefined,
  ];
  return all.filter((condition) => condition !== undefined);
}

interface ListMaker {
  readonly database: Kysely<Tables>;
  readonly listed: Listed;
  readonly once: Once;
}

/** A list, and what answers it without the statement. */
interface ListQuestion extends Question {
  readonly position: Position | undefined;
  /** Whether all rows of its kind and scope may be kept in memory. */
  readonly isListed: boolean;
}

function listQuestion({ database, listed, once }: ListMaker, query: RowQuery): ListQuestion {
  const column = sortColumn(query);
  const where = conditions(query);
  const position = query.after === undefined ? undefined : readCursor(query, query.after);
  const isKeySpace = keySpaces.some((kind) => kind === query.kind);
  const shape = {
    listed,
    column,
    where,
    from: position !== undefined,
    descending: query.descending === true,
    isKeySpace,
  };
  return {
    statement: once(
      `list ${column} ${shape.descending} ${shape.from} ${isKeySpace} ${where.map((each) => each[2])}`,
      () => compileList(database, shape),
    ),
    values: {
      ...Object.fromEntries(where.map(([, , name, value]) => [name, value])),
      ...positionValues(position),
      limit: query.limit + 1,
    },
    heavy: isHeavy(query, isKeySpace),
    position,
    isListed: !isKeySpace,
  };
}

const positionValues = (position: Position | undefined) =>
  position ? { fromName: position.name, fromValue: position.value ?? null } : {};

/** Whether no index serves both the order and the filters. */
function isHeavy(query: RowQuery, isKeySpace: boolean): boolean {
  const sort = query.sortBy ?? "name";
  const filters = [query.nameContains, query.modifiedAfter, query.modifiedBefore];
  const offIndex = [query.status, query.createdAfter, query.createdBefore, query.parent];
  return (
    query.limit > MANY_ROWS ||
    sort === "modified" ||
    sort === "status" ||
    filters.some((value) => value !== undefined) ||
    (isKeySpace && sort !== "name") ||
    (sort === "name" && offIndex.some((value) => value !== undefined)) ||
    (sort === "created" && query.status !== undefined)
  );
}

interface ListShape {
  readonly listed: Listed;
  readonly column: SortColumn;
  readonly where: readonly Condition[];
  readonly from: boolean;
  readonly descending: boolean;
  readonly isKeySpace: boolean;
}

function compileList(database: Kysely<Tables>, shape: ListShape): Statement {
  const { listed, column, where, from, descending, isKeySpace } = shape;
  const direction = descending ? "desc" : "asc";
  const rows = database.selectFrom("rows");
  let select = listed === "whole" ? rows.selectAll() : rows.select(column === "name" ? ["name"] : ["name", column]);
  if (!isKeySpace) select = select.where(isListed);
  for (const [name, operator, label] of where)
    select =
      operator === "like"
        ? select.where(sql<boolean>`lower(${sql.ref(name)}) like ${parameter(label)} escape '\\'`)
        : select.where(name, operator, parameter<string>(label));
  if (from) {
    const beyond = sql.raw(descending ? "<" : ">");
    select = select.where(
      column === "name"
        ? sql<boolean>`name ${beyond} ${parameter("fromName")}`
        : sql<boolean>`(${sql.ref(column)}, name) ${beyond} (${parameter("fromValue")}, ${parameter("fromName")})`,
    );
  }
  if (column !== "name") select = select.orderBy(column, direction);
  return compile(select.orderBy("name", direction).limit(parameter<number>("limit")));
}

function scanQuestion(database: Kysely<Tables>, range: RowRange, once: Once): Question {
  const start = range.from ?? "";
  const prefix = range.prefix ?? "";
  const upper = afterPrefix(prefix);
  const isAfter =
    range.after !== undefined && compareBytes(range.after, start) >= 0 && compareBytes(range.after, prefix) >= 0;
  const lower = isAfter && range.after !== undefined ? range.after : compareBytes(start, prefix) > 0 ? start : prefix;
  return {
    statement: once(`scan ${isAfter} ${upper !== undefined}`, () =>
      compileScan(database, isAfter, upper !== undefined),
    ),
    values: { kind: range.kind, scope: range.scope, lower, upper: upper ?? null, limit: range.limit },
    heavy: range.limit > MANY_ROWS,
  };
}

function compileScan(database: Kysely<Tables>, isAfter: boolean, isBounded: boolean): Statement {
  let select = database
    .selectFrom("rows")
    .selectAll()
    .where("kind", "=", parameter<string>("kind"))
    .where("scope", "=", parameter<string>("scope"))
    .where("name", isAfter ? ">" : ">=", parameter<string>("lower"));
  if (isBounded) select = select.where("name", "<", parameter<string>("upper"));
  return compile(select.orderBy("name").limit(parameter<number>("limit")));
}

/** Compares by UTF-8 bytes, as both databases do; JavaScript's own order differs beyond U+FFFF. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The smallest name, by UTF-8 bytes, beyond every name with the prefix; undefined when there is none. */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue;
    // The surrogates are no characters: beyond U+D7FF comes U+E000.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}

const containing = (text: string) => `%${lowered(text).replace(/[\\%_]/g, "\\$&")}%`;
