// Follows the change log and tells the event bus of state changes. How far it has come is a row, and so is what was told last
// of each thing, written page by page: after a `kill -9` a change is told again under the same id, which the bus takes once.
import type { EventBus, ServiceEvent } from "../../../../core/ports.ts";
import type { LoggedChange, Row, Rows } from "../../../../store/rows/rows.ts";
import { placeOf } from "../noun.ts";
import { type TagDocument, tagKey } from "../tags.ts";
import { idOf, type News, newsOf, toldOf } from "./news.ts";
import type { StateChanges } from "./state-changes.ts";
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
/** After a failure of a store: nothing is left out for it. */
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
  const follow = async (): Promise<number> => {
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
    const pauseMs = await follow().catch((error: unknown) => {
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
  const isHeard = await parts.bus.isHeard(placeOf(entry));
  const { events, last } = read(parts, noun, entry, { row, told, isHeard });
  for (const { event, isThere } of events) {
    const [arn = ""] = event.resources;
    const Tags = isThere ? await tagsOf(parts.rows, entry.scope, arn) : {};
    await parts.bus.put([{ ...event, detail: { ...event.detail, Tags } }]);
  }
  if (entry.type === "deleted") book.forget(entry);
  else if (last !== undefined) book.note(entry, last);
  return isHeard;
}

interface Reading {
  readonly events: readonly { readonly event: ServiceEvent; readonly isThere: boolean }[];
  readonly last?: Told | undefined;
}

/** What is told of an entry, without tags. An entry of which nothing can be made is reported, and nothing is told of it. */
function read(
  { report }: Pick<ReaderParts, "report">,
  noun: StateChanges<unknown>,
  entry: LoggedChange,
  { row, told, isHeard }: Seen,
): Reading {
  try {
    const news = newsOf(noun, entry, row, told);
    const last = news.at(-1);
    return {
      events: (isHeard ? news : []).map((one) => ({ event: eventOf(noun, entry, one), isThere: one.isThere })),
      last: last && toldOf(noun, last),
    };
  } catch (cause) {
    report(
      new Error(`The change ${entry.id} of ${entry.kind} ${entry.name} cannot be told; it is left out.`, { cause }),
    );
    return { events: [] };
  }
}

interface Seen {
  readonly row: Row<unknown> | undefined;
  readonly told: Told | undefined;
  readonly isHeard: boolean;
}

const eventOf = (noun: StateChanges<unknown>, entry: LoggedChange, one: News): ServiceEvent => ({
  ...placeOf(entry),
  id: idOf(entry, one),
  source: "aws.sagemaker",
  detailType: noun.detailType,
  at: one.state.at,
  resources: [one.arn],
  detail: one.state.detail(),
});

async function tagsOf(rows: Rows, scope: string, arn: string): Promise<Readonly<Record<string, string>>> {
  const row = await rows.get<TagDocument>(tagKey(scope, arn));
  return Object.fromEntries((row?.document.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
}
