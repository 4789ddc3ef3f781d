// Records of calls that are kept by the commit of what they changed: one sync serves both, and neither is there without
// the other. They stay in the rows until the journal of calls has them.
import { AsyncLocalStorage } from "node:async_hooks";
import type { CallUnderWay } from "../../core/call-record.ts";
import type { Change, RowKey, Rows, RowWrite } from "../rows/rows.ts";
import type { CallRecord } from "./calls.ts";

const KIND = "call";

/** Records forgotten by one commit at most. */
const FORGOTTEN_AT_ONCE = 500;

/** Records read at once when the store is opened. */
const PAGE = 1000;

export class KeptCalls {
  readonly #rows: Rows;
  readonly #scope: string;
  /** The call travels with its asynchronous work, so that no operation has to hand it on and none can forget to. */
  readonly #underWay = new AsyncLocalStorage<CallUnderWay>();

  /** `owner` tells the records of one server from those of others on the same rows. */
  constructor(rows: Rows, owner: string) {
    this.#rows = rows;
    this.#scope = owner;
  }

  during<Result>(call: CallUnderWay, work: () => Result): Result {
    return this.#underWay.run(call, work);
  }

  /** The rows, with commits that keep the call they are made in. */
  keeping(): Rows {
    return { ...this.#rows, commit: (change) => this.#commit(change) };
  }

  /** Records that the journal may lack. */
  async all(): Promise<readonly CallRecord[]> {
    const found: CallRecord[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const page = await this.#rows.scan<CallRecord>({ kind: KIND, scope: this.#scope, after, limit: PAGE });
      found.push(...page.map(({ document }) => document));
      after = page.at(-1)?.name;
      more = page.length === PAGE;
    }
    return found;
  }

  /** The journal has them. */
  async forget(requestIds: readonly string[]): Promise<void> {
    for (let from = 0; from < requestIds.length; from += FORGOTTEN_AT_ONCE) {
      const names = requestIds.slice(from, from + FORGOTTEN_AT_ONCE);
      await this.#rows.commit({ remove: names.map((name) => this.#key(name)) });
    }
  }

  async #commit(change: Change): Promise<void> {
    const call = this.#underWay.getStore();
    if (call === undefined || call.isKept) return this.#rows.commit(change);
    await this.#rows.commit({ ...change, put: [...(change.put ?? []), this.#rowOf(call.record())] });
    call.isKept = true;
  }

  #key(name: string): RowKey {
    return { kind: KIND, scope: this.#scope, name };
  }

  #rowOf(record: CallRecord): RowWrite<CallRecord> {
    const { requestId, at } = record;
    return { ...this.#key(requestId), status: "", createdAt: at, modifiedAt: at, document: record };
  }
}
