// Follows the change log and tells the event bus of state changes. How far it has come is a row, and so is what was told last
// of each thing, written page by page: after a `kill -9` a change is told again under the same id, which the bus takes once.
import { uuidOf } from "../../../../core/ids.ts";
import type { EventBus } from "../../../../core/ports.ts";
import type { LoggedChange, Row, Rows } from "../../../../store/rows/rows.ts";
import { placeOf } from "../noun.ts";
import { type TagDocument, tagKey } from "../tags.ts";
import type { State, StateChanges } from "./state-changes.ts";
import { openToldBook, type Told, type ToldBook } from "./told-book.ts";

export interface ReaderParts {
  readonly rows: Rows;
  readonly bus: EventBus;
  // biome-ignore lint/suspicious/noExplicitAny: a list holds nouns of every document type
  readonly nouns: readonly StateChanges<any>[];
  readonly now: () => number;
  readonly report: (error: unknown) => void;
}

const PAGE = 200;
const RETRY_MS = 5000;
/** While nobody listens changes are looked at so often: what a rule that is made meanwhile hears of is as old at most. */
const UNHEARD_MS = 100;

/** Follows until the result is called. A server without a cursor begins with what comes next. */
export async function startTelling(parts: ReaderParts): Promise<() => Promise<void>> {
  const { rows, report } = parts;
  const book = await openToldBook(rows, parts.now);
  const ended = new AbortController();
  let running: Promise<void> | undefined;
  let isDue = false;
  let again: NodeJS.Timeout | undefined;

  /** Gives how long nothing has to be looked at. */
  const read = async (): Promise<number> => {
    const heard = new Set<boolean | undefined>();
    isDue = false;
    for (let isMore = true; isMore && !ended.signal.aborted; ) {
      const entries = await rows.changes(book.cursor, PAGE);
      for (const entry of entries) {
        if (ended.signal.aborted) break;
        heard.add(await tell(parts, book, entry));
        book.cursor = entry.id;
      }
      await book.write();
      isMore = entries.length === PAGE;
    }
    return heard.has(false) && !heard.has(true) ? UNHEARD_MS : 0;
  };
  const changed = () => {
    isDue = true;
    if (again === undefined) running ??= look();
  };
  const look = async (): Promise<void> => {
    const pauseMs = await read().catch((error: unknown) => {
      report(error);
      isDue = true;
      return RETRY_MS;
    });
    running = undefined;
    if (ended.signal.aborted) return;
    again = setTimeout(() => {
      again = undefined;
      if (isDue) changed();
    }, pauseMs).unref();
  };
  rows.watch(changed, ended.signal);
  changed();
  return async () => {
    ended.abort();
    clearTimeout(again);
    await running;
  };
}

/** Whether anybody listens where the change was; undefined for one that is not told of. */
async function tell(parts: ReaderParts, book: ToldBook, entry: LoggedChange): Promise<boolean | undefined> {
  const noun = parts.nouns.find(({ kind }) => kind === entry.kind);
  if (noun === undefined) return undefined;
  const [row, told] = await Promise.all([parts.rows.get<unknown>(entry), book.last(entry)]);
  const news = row === undefined ? goneOf(noun, entry, told) : newsOf(noun, entry, row, told);
  const isHeard = await parts.bus.isHeard(placeOf(entry));
  for (const one of isHeard ? news : []) {
    await parts.bus.put([
      {
        ...placeOf(entry),
        id: idOf(entry, one),
        source: "aws.sagemaker",
        detailType: noun.detailType,
        at: one.state.at,
        resources: [one.arn],
        detail: { ...one.state.detail(), Tags: await tagsOf(parts.rows, entry.scope, one.arn) },
      },
    ]);
  }
  const last = news.at(-1);
  if (row === undefined) book.forget(entry);
  else if (last !== undefined) book.note(entry, toldOf(noun, last));
  return isHeard;
}

interface News {
  readonly arn: string;
  readonly createdAt: number;
  readonly state: State;
}

/** The detail is kept where it is told once more when the thing is gone. */
const toldOf = <Document>({ gone }: StateChanges<Document>, { arn, createdAt, state }: News): Told => ({
  name: state.name,
  arn,
  createdAt,
  ...(gone === undefined ? {} : { detail: state.detail() }),
});

function newsOf<Document>(
  noun: StateChanges<Document>,
  { type, detail, at }: LoggedChange,
  row: Row<Document>,
  told: Told | undefined,
): readonly News[] {
  // A name may be used again once its thing is gone.
  const last = told?.createdAt === row.createdAt ? told.name : undefined;
  const status = (type === "status" || type === "created") && typeof detail === "string" ? detail : undefined;
  const { createdAt } = row;
  return noun.states(row, { status, at, told: last }).map((state) => ({ arn: noun.arn(row), createdAt, state }));
}

function goneOf<Document>(
  { gone }: StateChanges<Document>,
  { type, at }: LoggedChange,
  told: Told | undefined,
): readonly News[] {
  if (type !== "deleted" || told?.detail === undefined || gone === undefined) return [];
  const { arn, createdAt, detail } = told;
  return [{ arn, createdAt, state: { name: "deleted", at, detail: () => gone(detail) } }];
}

async function tagsOf(rows: Rows, scope: string, arn: string): Promise<Readonly<Record<string, string>>> {
  const row = await rows.get<TagDocument>(tagKey(scope, arn));
  return Object.fromEntries((row?.document.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
}

/** A UUID of the thing's state: the same whenever it is told of. */
function idOf({ kind, scope, name, id }: LoggedChange, { createdAt, state }: News): string {
  // Phases are numbered; a status may come again, and then it is another change.
  const which = /^\d+$/.test(state.name) ? state.name : `${state.name} ${id}`;
  return uuidOf(JSON.stringify([kind, scope, name, createdAt, which]));
}
