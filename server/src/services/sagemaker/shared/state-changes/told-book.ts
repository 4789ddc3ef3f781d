// How far the change log has been told, and what was told last of each thing: noted in memory and written together, so that
// neither is ever ahead of the other.
import type { RowKey, Rows, RowWrite } from "../../../../store/rows/rows.ts";

/** What was told last of a thing. */
export interface Told {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly detail?: object;
}

const CURSOR = { kind: "sagemaker:told-cursor", scope: "", name: "state-changes" } as const;

const toldKey = ({ kind, scope, name }: RowKey): RowKey => ({ kind: "sagemaker:told", scope, name: `${kind}/${name}` });

export class ToldBook {
  readonly #rows: Rows;
  readonly #now: () => number;
  /** By the thing, what is not written yet; undefined where there is nothing any more. */
  readonly #noted = new Map<string, { readonly key: RowKey; readonly told: Told | undefined }>();
  /** Id of the last change that was looked at. */
  cursor: number;

  constructor(rows: Rows, now: () => number, cursor: number) {
    this.#rows = rows;
    this.#now = now;
    this.cursor = cursor;
  }

  async last(thing: RowKey): Promise<Told | undefined> {
    const key = toldKey(thing);
    const noted = this.#noted.get(textOf(key));
    return noted ? noted.told : (await this.#rows.get<Told>(key))?.document;
  }

  note(thing: RowKey, told: Told): void {
    const key = toldKey(thing);
    this.#noted.set(textOf(key), { key, told });
  }

  forget(thing: RowKey): void {
    const key = toldKey(thing);
    this.#noted.set(textOf(key), { key, told: undefined });
  }

  /** Nothing is written when nothing was noted. Nothing may be noted until it resolves. */
  async write(): Promise<void> {
    if (this.#noted.size === 0) return;
    const at = this.#now();
    const noted = [...this.#noted.values()];
    const put = noted.flatMap(({ key, told }) => (told === undefined ? [] : [rowOf(key, told, at)]));
    const remove = noted.flatMap(({ key, told }) => (told === undefined ? [key] : []));
    await this.#rows.commit({ put: [rowOf(CURSOR, this.cursor, at), ...put], remove });
    this.#noted.clear();
  }
}

/** Without a place that was kept it begins with what comes next. */
export async function openToldBook(rows: Rows, now: () => number): Promise<ToldBook> {
  const known = await rows.get<number>(CURSOR);
  if (known !== undefined) return new ToldBook(rows, now, known.document);
  const cursor = await rows.latestChange();
  await rows.commit({ put: [rowOf(CURSOR, cursor, now())] });
  return new ToldBook(rows, now, cursor);
}

const rowOf = <Document>(key: RowKey, document: Document, at: number): RowWrite<Document> => ({
  ...key,
  status: "",
  createdAt: at,
  modifiedAt: at,
  document,
});

const textOf = ({ scope, name }: RowKey): string => `${scope} ${name}`;
