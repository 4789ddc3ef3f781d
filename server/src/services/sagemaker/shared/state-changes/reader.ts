// Follows the change log and tells the event bus of state changes. How far it has come is a row, and so is what was told last
// of each thing: after a `kill -9` a change is told again under the same id, which the bus takes once.
import { uuidOf } from "../../../../core/ids.ts";
import type { EventBus } from "../../../../core/ports.ts";
import type { LoggedChange, Row, RowKey, Rows, RowWrite } from "../../../../store/rows/rows.ts";
import { placeOf } from "../noun.ts";
import { type TagDocument, tagKey } from "../tags.ts";
import type { State, StateChanges } from "./state-changes.ts";

export interface ReaderParts {
  readonly rows: Rows;
  readonly bus: EventBus;
  // biome-ignore lint/suspicious/noExplicitAny: a list holds nouns of every document type
  readonly nouns: readonly StateChanges<any>[];
  readonly now: () => number;
  readonly report: (error: unknown) => void;
}

/** What was told last of a thing. */
interface Told {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly detail: object;
}

const CURSOR = { kind: "sagemaker:told-cursor", scope: "", name: "state-changes" } as const;
const PAGE = 200;
const RETRY_MS = 5000;

const toldKey = ({ kind, scope, name }: RowKey): RowKey => ({ kind: "sagemaker:told", scope, name: `${kind}/${name}` });

/** Follows until the result is called. A server without a cursor begins with what comes next. */
export async function startTelling(parts: ReaderParts): Promise<() => Promise<void>> {
  const { rows, now, report } = parts;
  const known = await rows.get<number>(CURSOR);
  let cursor = known?.document ?? (await rows.latestChange());
  if (known === undefined) await rows.commit({ put: [cursorRow(cursor, now())] });
  const ended = new AbortController();
  let running: Promise<void> | undefined;
  let isDue = false;
  let retry: NodeJS.Timeout | undefined;

  const read = async () => {
    while (isDue && !ended.signal.aborted) {
      isDue = false;
      const entries = await rows.changes(cursor, PAGE);
      for (const entry of entries) {
        if (ended.signal.aborted) return;
        await tell(parts, entry);
        cursor = entry.id;
      }
      if (entries.length === PAGE) isDue = true;
    }
  };
  const changed = () => {
    isDue = true;
    clearTimeout(retry);
    retry = undefined;
    running ??= read()
      .catch((error: unknown) => {
        report(error);
        retry = setTimeout(changed, RETRY_MS).unref();
      })
      .finally(() => {
        running = undefined;
        if (isDue && !ended.signal.aborted && retry === undefined) changed();
      });
  };
  rows.watch(changed, ended.signal);
  changed();
  return async () => {
    ended.abort();
    await running;
    clearTimeout(retry);
  };
}

const cursorRow = (document: number, now: number): RowWrite<number> => ({
  ...CURSOR,
  status: "",
  createdAt: now,
  modifiedAt: now,
  document,
});

async function tell(parts: ReaderParts, entry: LoggedChange): Promise<void> {
  const noun = parts.nouns.find(({ kind }) => kind === entry.kind);
  if (noun === undefined) return;
  const [row, told] = (await parts.rows.getMany([entry, toldKey(entry)])) as [
    Row<unknown> | undefined,
    Row<Told> | undefined,
  ];
  const news = row === undefined ? goneOf(noun, entry, told?.document) : newsOf(noun, entry, row, told?.document);
  for (const one of news) {
    const tags = await tagsOf(parts.rows, entry.scope, one.arn);
    await parts.bus.put([
      {
        ...placeOf(entry),
        id: idOf(entry, one),
        source: "aws.sagemaker",
        detailType: noun.detailType,
        at: one.state.at,
        resources: [one.arn],
        detail: { ...one.state.detail, Tags: tags },
      },
    ]);
  }
  await keep(parts, entry, row !== undefined, news.at(-1));
}

interface News {
  readonly arn: string;
  readonly createdAt: number;
  readonly state: State;
}

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
  if (type !== "deleted" || told === undefined || gone === undefined) return [];
  const { arn, createdAt, detail } = told;
  return [{ arn, createdAt, state: { name: "deleted", at, detail: gone(detail) } }];
}

/** The cursor and what was told last, in one commit. */
async function keep(parts: ReaderParts, entry: LoggedChange, isThere: boolean, last: News | undefined): Promise<void> {
  const at = parts.now();
  const put: RowWrite<unknown>[] = [cursorRow(entry.id, at)];
  if (isThere && last !== undefined) {
    const { arn, createdAt, state } = last;
    const document: Told = { name: state.name, arn, createdAt, detail: state.detail };
    put.push({ ...toldKey(entry), status: "", createdAt: at, modifiedAt: at, document });
  }
  await parts.rows.commit({ put, ...(isThere ? {} : { remove: [toldKey(entry)] }) });
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
