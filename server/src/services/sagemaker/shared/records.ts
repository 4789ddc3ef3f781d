// What the operations of every record do with its row: create it once, find it by name or ARN, change it as it is now,
// remove it. A record is a description that others use; nothing runs for it.
import type { Tag } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import type { Clock } from "../../../core/clock.ts";
import { type ApiError, errors } from "../../../core/errors.ts";
import { sagemakerArn } from "../../../core/ids.ts";
import { again } from "../../../store/rows/again.ts";
import type { Change, Row, RowKey, Rows } from "../../../store/rows/rows.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { type ListDefaults, type ListRequest, listRows } from "./list.ts";
import { arnOf, onResource, type Parts, scopeOf } from "./noun.ts";
import type { CountedThing } from "./quota-names.ts";
import type { Committer, Quotas } from "./quotas.ts";
import { arnIsFree, tagKey, tagRow } from "./tags.ts";

export interface RecordNoun {
  /** `sagemaker:code-repository`. */
  readonly kind: string;
  /** What stands before the name in its ARN, `code-repository`. */
  readonly type: string;
  readonly sort: Pick<ListDefaults, "sortBy" | "sortOrder">;
  readonly missing: (arn: string) => ApiError;
  readonly duplicate: (arn: string) => ApiError;
  /** How many there may be. */
  readonly quota?: CountedThing;
}

export type RecordParts = Pick<Parts, "rows" | "clock"> & Partial<Pick<Parts, "quotas">>;

export interface NewRecord<Document> {
  readonly name: string;
  /** As the API has it; empty where records of this noun have none. */
  readonly status?: string;
  readonly document: Document;
  readonly tags: readonly Tag[] | undefined;
}

export class Records<Document> {
  readonly #rows: Rows;
  readonly #clock: Clock;
  readonly #noun: RecordNoun;
  readonly #quotas: Quotas | undefined;

  /** Without `quotas` for whoever makes none. */
  constructor({ rows, clock, quotas }: RecordParts, noun: RecordNoun) {
    this.#rows = rows;
    this.#clock = clock;
    this.#quotas = quotas;
    this.#noun = noun;
  }

  /** The permission of the call's operation on one record, by name or by ARN. */
  on = (call: Call, nameOrArn: string) => onResource(call, this.#noun.type, nameOrArn);

  arn = (at: { readonly account: string; readonly region: string }, name: string): string =>
    sagemakerArn(at, this.#noun.type, name);

  /** A record of the caller's account and region. */
  async find(call: Call, nameOrArn: string): Promise<Row<Document> | undefined> {
    if (nameOrArn.startsWith("arn:")) return await this.#findByArn(call, nameOrArn);
    return await this.#rows.get<Document>({ kind: this.#noun.kind, scope: scopeOf(call), name: nameOrArn });
  }

  /** @throws ApiError in the words of the noun */
  async need(call: Call, nameOrArn: string): Promise<Row<Document>> {
    const row = await this.find(call, nameOrArn);
    if (!row) throw this.#noun.missing(nameOrArn.startsWith("arn:") ? nameOrArn : this.arn(call, nameOrArn));
    return row;
  }

  /** The change that makes a record with its tags. */
  creation(call: Call, record: NewRecord<Document>): Change {
    const { name, status = "", document, tags } = record;
    const key = { kind: this.#noun.kind, scope: scopeOf(call), name };
    const now = this.#clock.now();
    const arn = this.arn(call, name);
    return {
      expect: [{ key, version: "absent" }, arnIsFree(key.scope, arn)],
      put: [{ ...key, status, createdAt: now, modifiedAt: now, document }, tagRow(key.scope, arn, tags, now)],
      events: [{ ...key, type: "created" }],
    };
  }

  /**
   * Makes a record, and what the noun wants beside it in the same commit. Gives the ARN.
   * @throws ApiError for a duplicate or a full quota, Conflict when an expectation beside it does not hold
   */
  async create(call: Call, record: NewRecord<Document>, beside: Change = {}): Promise<string> {
    const arn = this.arn(call, record.name);
    try {
      await this.#committer(call).commit(joined(this.creation(call, record), beside));
    } catch (cause) {
      const failed = cause instanceof Conflict ? cause.expectation.key : undefined;
      const own = [{ kind: this.#noun.kind, name: record.name }, tagKey(scopeOf(call), arn)];
      if (own.some(({ kind, name }) => failed?.kind === kind && failed.name === name)) throw this.#noun.duplicate(arn);
      throw cause;
    }
    return arn;
  }

  #committer(call: Call): Committer {
    const { quota, kind } = this.#noun;
    const scope = scopeOf(call);
    if (quota === undefined || this.#quotas === undefined) return this.#rows;
    return this.#quotas.within(scope, [this.#quotas.one(quota, { kind, scope })]);
  }

  /** Changes a record as it is now, again if somebody was faster. `edit` may throw. @throws ApiError as `need` */
  async change(
    call: Call,
    name: string,
    edit: (row: Row<Document>) => Document | Promise<Document>,
  ): Promise<Row<Document>> {
    return await again(async () => {
      const row = await this.need(call, name);
      const { version, ...rest } = row;
      const next = { ...rest, document: await edit(row), modifiedAt: this.#clock.now() };
      await this.#rows.commit({
        expect: [{ key: keyOf(row), version }],
        put: [next],
        events: [{ ...keyOf(row), type: "changed" }],
      });
      return { ...next, version: version + 1 };
    });
  }

  /** Removes a record and its tags. `check` may refuse or name what goes with it. @throws ApiError as `need` */
  async remove(
    call: Call,
    name: string,
    check: (row: Row<Document>) => Change | Promise<Change> = () => ({}),
  ): Promise<void> {
    await again(async () => {
      const row = await this.need(call, name);
      const key = keyOf(row);
      const removal: Change = {
        expect: [{ key, version: row.version }],
        remove: [key, tagKey(row.scope, arnOf(row, this.#noun.type))],
        events: [{ ...key, type: "deleted" }],
      };
      await this.#rows.commit(joined(removal, await check(row)));
    });
  }

  /** A page, with the NextToken of the answer if there is more. */
  list(call: Call, request: ListRequest): ReturnType<typeof listRows<Document>> {
    const { kind, sort } = this.#noun;
    return listRows<Document>(this.#rows, { kind, scope: scopeOf(call), ...sort }, request);
  }

  /** ARNs have names in lower case, rows as they were given. */
  async #findByArn(call: Call, arn: string): Promise<Row<Document> | undefined> {
    const name = arn.slice(this.arn(call, "").length);
    if (arn.toLowerCase() !== this.arn(call, name)) return undefined;
    const query = { kind: this.#noun.kind, scope: scopeOf(call), nameContains: name, sortBy: "name" } as const;
    let after: string | undefined;
    do {
      const page = await this.#rows.list<Document>({ ...query, after, limit: 100 });
      const found = page.rows.find((row) => row.name.toLowerCase() === name.toLowerCase());
      if (found) return found;
      after = page.next;
    } while (after !== undefined);
    return undefined;
  }
}

/** Both in one commit. */
export const joined = (one: Change, other: Change): Change => ({
  expect: [...(one.expect ?? []), ...(other.expect ?? [])],
  put: [...(one.put ?? []), ...(other.put ?? [])],
  remove: [...(one.remove ?? []), ...(other.remove ?? [])],
  events: [...(one.events ?? []), ...(other.events ?? [])],
});

export const keyOf = ({ kind, scope, name }: RowKey): RowKey => ({ kind, scope, name });

/** `Cannot create already existing code repository "arn:…".`, in the words of models and endpoints. */
export const alreadyThere =
  (noun: string) =>
  (arn: string): ApiError =>
    errors.validation(`Cannot create already existing ${noun} "${arn}".`);

/** For nouns whose errors are modelled. */
export const nameInUse =
  (noun: string) =>
  (arn: string): ApiError =>
    errors.resourceInUse(
      `The names of a ${noun} must be unique within an AWS account and region, and one with this name already exists (${arn}).`,
    );

export const notFound =
  (noun: string) =>
  (arn: string): ApiError =>
    errors.resourceNotFound(`Could not find ${noun} "${arn}".`);
