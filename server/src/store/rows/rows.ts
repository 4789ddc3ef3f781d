// Rows: every noun, and the change log of nouns in the same commit. One table, two dialects (SQLite, PostgreSQL).
// Names sort by their UTF-8 bytes in both.
import type { Json } from "../../core/json.ts";

export type { Json };

/** A JSON value; what a document is made of. */

export interface RowKey {
  /** `sagemaker:training-job`, `s3:object`. */
  readonly kind: string;
  /** What names are unique in: `123456789012/us-east-1`, an account, a bucket. */
  readonly scope: string;
  readonly name: string;
}

export interface Row<Document = Json> extends RowKey {
  /** 1 at creation, one more with each write. */
  readonly version: number;
  readonly status: string;
  /** Name of the row this one belongs to, for lists of a parent's children. */
  readonly parent?: string | undefined;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly document: Document;
}

export type RowWrite<Document = Json> = Omit<Row<Document>, "version">;

/** What has to be true for a change to be made; `absent`: no such row, a number: the row has exactly this version. */
export interface Expectation {
  readonly key: RowKey;
  readonly version: number | "absent" | "present";
}

/** An entry of the change log that readers follow. */
export interface ChangeEvent extends RowKey {
  /** `created`, `status`, `deleted`, or a noun's own word. */
  readonly type: string;
  readonly detail?: Json;
}

/** A change is a value: it holds or fails as a whole. */
export interface Change {
  readonly expect?: readonly Expectation[];
  readonly put?: readonly RowWrite<unknown>[];
  readonly remove?: readonly RowKey[];
  readonly events?: readonly ChangeEvent[];
}

/** An expectation did not hold; nothing of the change was made. */
export class Conflict extends Error {
  override readonly name = "Conflict";
  readonly expectation: Expectation;
  constructor(expectation: Expectation) {
    const { kind, scope, name } = expectation.key;
    super(`${kind} ${scope} ${name}: expected version ${expectation.version}`);
    this.expectation = expectation;
  }
}

export interface RowQuery {
  readonly kind: string;
  readonly scope: string;
  readonly namePrefix?: string | undefined;
  /** Compared without regard to the case of ASCII letters, as the List operations do. */
  readonly nameContains?: string | undefined;
  readonly status?: string | undefined;
  readonly parent?: string | undefined;
  /** Strictly after and strictly before; milliseconds since 1970. */
  readonly createdAfter?: number | undefined;
  readonly createdBefore?: number | undefined;
  readonly modifiedAfter?: number | undefined;
  readonly modifiedBefore?: number | undefined;
  /** Ties are broken by name in the same direction. */
  readonly sortBy?: "name" | "created" | "modified" | "status" | undefined;
  readonly descending?: boolean | undefined;
  /** Where the previous page ended, as given by it. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface RowPage<Document = Json> {
  readonly rows: readonly Row<Document>[];
  /** Present when there may be more. */
  readonly next?: string;
}

export interface LoggedChange extends ChangeEvent {
  /** Rising; a reader's cursor. */
  readonly id: number;
  readonly at: number;
}

export interface Rows {
  get<Document = Json>(key: RowKey): Promise<Row<Document> | undefined>;
  /** Several rows at once, in the order asked, undefined where there is none. */
  getMany<Document = Json>(keys: readonly RowKey[]): Promise<readonly (Row<Document> | undefined)[]>;
  /** A page by key, never by offset. @throws BadCursor when `after` is not one of ours for this query */
  list<Document = Json>(query: RowQuery): Promise<RowPage<Document>>;
  /** How many rows of a kind and scope there are, or of those that belong to a parent. */
  count(query: {
    readonly kind: string;
    readonly scope: string;
    readonly parent?: string | undefined;
  }): Promise<number>;
  /**
   * Rows of one kind and scope by name, in byte order: names > `after` (or >= `from`) that start with `prefix`.
   * For key spaces walked by seeking, such as a bucket's.
   */
  scan<Document = Json>(range: {
    readonly kind: string;
    readonly scope: string;
    readonly prefix?: string | undefined;
    readonly from?: string | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<readonly Row<Document>[]>;
  /** All rows of a kind in every scope, status by status and then by scope and name; for the engine's start. */
  everywhere<Document = Json>(kind: string, unlessStatus: readonly string[]): AsyncIterable<Row<Document>>;
  /**
   * Makes the change durable, with versions set and `created`/`status`/`deleted` left to the caller's events.
   * Resolves after the sync. @throws Conflict
   */
  commit(change: Change): Promise<void>;
  /** Entries of the change log with id > `after`, oldest first. */
  changes(after: number, limit: number): Promise<readonly LoggedChange[]>;
  /** Id of the newest entry of the change log, 0 when it is empty: where a reader that starts afresh goes on. */
  latestChange(): Promise<number>;
  /** Calls back soon after commits that logged events, until the signal aborts. */
  watch(changed: () => void, signal: AbortSignal): void;
  close(): Promise<void>;
}

/** A cursor that this query never gave out. */
export class BadCursor extends Error {
  override readonly name = "BadCursor";
}
