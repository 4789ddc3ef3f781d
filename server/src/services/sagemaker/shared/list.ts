// One way to list every noun: filters, sorts and page tokens. A token holds only for the query that gave it.
import { createHash } from "node:crypto";
import { errors } from "../../../core/errors.ts";
import type { Row, RowPage, RowQuery, Rows } from "../../../store/rows/rows.ts";
import { BadCursor } from "../../../store/rows/rows.ts";
import { toMilliseconds } from "./noun.ts";

/** Members that SageMaker's List operations share. Times in seconds since 1970. */
export interface ListRequest {
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
  readonly CreationTimeAfter?: number | undefined;
  readonly CreationTimeBefore?: number | undefined;
  readonly LastModifiedTimeAfter?: number | undefined;
  readonly LastModifiedTimeBefore?: number | undefined;
  readonly NameContains?: string | undefined;
  readonly StatusEquals?: string | undefined;
  readonly SortBy?: string | undefined;
  readonly SortOrder?: string | undefined;
}

export interface ListDefaults {
  readonly kind: string;
  readonly scope: string;
  /** As the operation's own text says; they differ from list to list. */
  readonly sortBy: "Name" | "CreationTime";
  readonly sortOrder: "Ascending" | "Descending";
  readonly parent?: string;
}

/** Page size when the caller names none: stated for most lists of the API, used for all. */
export const DEFAULT_PAGE = 10;

const columns: Readonly<Record<string, NonNullable<RowQuery["sortBy"]>>> = {
  Name: "name",
  CreationTime: "created",
  CreateDate: "created",
  LastModifiedTime: "modified",
  Status: "status",
};

/** A page of rows and the caller's next token. @throws ApiError Validation for a token of another query */
export async function listRows<Document>(
  rows: Rows,
  defaults: ListDefaults,
  request: ListRequest,
): Promise<{ readonly rows: readonly Row<Document>[]; readonly NextToken?: string }> {
  const query: Omit<RowQuery, "limit" | "after"> = {
    kind: defaults.kind,
    scope: defaults.scope,
    parent: defaults.parent,
    nameContains: request.NameContains,
    status: request.StatusEquals,
    createdAfter: milliseconds(request.CreationTimeAfter),
    createdBefore: milliseconds(request.CreationTimeBefore),
    modifiedAfter: milliseconds(request.LastModifiedTimeAfter),
    modifiedBefore: milliseconds(request.LastModifiedTimeBefore),
    sortBy: columns[request.SortBy ?? defaults.sortBy] ?? "created",
    descending: (request.SortOrder ?? defaults.sortOrder) === "Descending",
  };
  const mark = markOf(query);
  const page = await readPage<Document>(rows, {
    ...query,
    after: request.NextToken === undefined ? undefined : placeIn(request.NextToken, mark),
    limit: request.MaxResults ?? DEFAULT_PAGE,
  });
  return { rows: page.rows, ...(page.next === undefined ? {} : { NextToken: `${mark}${page.next}` }) };
}

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : toMilliseconds(seconds);

const invalidToken = () =>
  errors.validation("Invalid NextToken: it was not given out by this list with these filters.");

/** What the tokens of a query start with, and those of no other. */
export const markOf = (query: object): string =>
  createHash("sha256").update(JSON.stringify(query)).digest("base64url").slice(0, 16);

/** The rest of a token that starts with the mark. @throws ApiError Validation for any other */
export function placeIn(token: string, mark: string): string {
  if (!token.startsWith(mark)) throw invalidToken();
  return token.slice(mark.length);
}

/** For lists that are whole on their first page. @throws ApiError Validation for any token */
export function refuseToken(token: string | undefined): void {
  if (token !== undefined) throw invalidToken();
}

async function readPage<Document>(rows: Rows, query: RowQuery): Promise<RowPage<Document>> {
  try {
    return await rows.list<Document>(query);
  } catch (cause) {
    if (cause instanceof BadCursor) throw invalidToken();
    throw cause;
  }
}
