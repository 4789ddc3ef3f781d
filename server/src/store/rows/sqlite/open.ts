// Rows in one SQLite file: a connection for reads on this thread, a thread for scans, a thread that writes.
import type { Clock } from "../../../core/clock.ts";
import { Batches } from "../../batches.ts";
import { FolderUnusable } from "../../layout.ts";
import { judge, type PackedChange, pack } from "../change.ts";
import { writeStatements } from "../compile.ts";
import type { ListedRow } from "../listing.ts";
import { migrate } from "../migrate.ts";
import { createReads, type KeptReads, toRow } from "../read.ts";
import { RowCache } from "../row-cache.ts";
import type { Change, Row, RowKey, Rows, RowWrite } from "../rows.ts";
import type { RowRecord } from "../schema.ts";
import { createTrimming, Watchers } from "../watchers.ts";
import { Connection } from "./connection.ts";
import { isDamage, openDatabase } from "./database.ts";
import { kyselyOver } from "./dialect.ts";
import { type ListedChange, type ListRequest, listingOf } from "./listings.ts";
import type { ScanAnswer, ScanRequest } from "./scanner.ts";
import { Thread } from "./thread.ts";
import type { WriterAnswer, WriterRequest } from "./writer.ts";

/** Changes in one commit at most; keeps the wait of the first one short. */
const BATCH_LIMIT = 256;

/** @throws NewerLayout, FolderUnusable. The file must belong to this process alone; `openStore` sees to that. */
export async function openSqliteRows(options: { readonly file: string; readonly clock: Clock }): Promise<Rows> {
  const { file, clock } = options;
  await prepare(file).catch((cause: unknown) => {
    throw isDamage(cause) ? damagedFile(file, cause) : cause;
  });
  const database = openDatabase(file, { readOnly: true });
  const connection = new Connection(database);
  const kysely = kyselyOver(database);
  const writer = new Thread<WriterRequest, WriterAnswer>(new URL("./writer.ts", import.meta.url), {
    file,
    statements: writeStatements(kysely),
  });
  let scanner: Thread<ScanRequest | ListRequest, ScanAnswer, ListedChange> | undefined;
  const scan = async (request: ScanRequest | ListRequest) => {
    scanner ??= new Thread(new URL("./scanner.ts", import.meta.url), file);
    return (await scanner.ask(request)).found;
  };
  /** Listings that the reader thread may hold, which is told of what becomes of their rows. */
  const followed = new Set<string>();
  /** Those that had more rows than it holds; until the next start they are left to the statements. */
  const tooLong = new Set<string>();
  const list: KeptReads["list"] = async (query, position, load) => {
    const id = listingOf(query);
    if (tooLong.has(id)) return undefined;
    followed.add(id);
    const { after: _, ...asked } = query;
    const found = await scan({ query: asked, position, load });
    if (found === undefined) {
      tooLong.add(id);
      followed.delete(id);
    }
    return found;
  };
  const tellScanner = (change: Change): void => {
    const isFollowed = (key: RowKey) => followed.has(listingOf(key));
    const removed = (change.remove ?? []).filter(isFollowed);
    const put = (change.put ?? []).filter(isFollowed);
    if (removed.length + put.length > 0) scanner?.tell({ removed: removed.map(keyOf), put: put.map(listedOf) });
  };
  const trimming = createTrimming();
  const batches = new Batches<PackedChange, number>(
    BATCH_LIMIT,
    async (changes) => (await writer.ask({ changes, trimBefore: trimming(clock.now()) })).results,
  );
  const watchers = new Watchers();
  const cache = new RowCache();
  return {
    ...createReads(
      kysely,
      (statement, values, heavy) =>
        heavy ? scan({ statement, values }).then((found) => found ?? []) : connection.all(statement, values),
      { cache, list },
    ),
    async commit(change: Change) {
      const packed = pack(change, clock.now());
      const keys = [...(change.remove ?? []), ...(change.put ?? [])];
      cache.changing(keys);
      try {
        judge(change, await batches.submit(packed));
        for (const row of told(change, packed)) cache.keepMade(row);
      } finally {
        cache.changed(keys);
      }
      if (followed.size > 0) tellScanner(change);
      if (change.events && change.events.length > 0) watchers.wake();
    },
    watch: (changed, signal) => watchers.add(changed, signal),
    async close() {
      await batches.idle();
      await writer.close();
      await scanner?.close();
      connection.close();
    },
  };
}

/**
 * The rows that a change's events are about, as they are once it is made, where it says which version they had: whoever
 * hears of it looks at them next.
 */
function told({ expect = [], put = [], remove = [], events = [] }: Change, packed: PackedChange): Row<unknown>[] {
  return events.flatMap((event) => {
    const isMeant = ({ kind, scope, name }: RowKey) =>
      name === event.name && kind === event.kind && scope === event.scope;
    const written = packed.put[put.findIndex(isMeant)];
    const before = expect.find(({ key }) => isMeant(key))?.version;
    if (written === undefined || before === undefined || before === "present" || remove.some(isMeant)) return [];
    return [toRow({ ...(written as unknown as RowRecord), version: before === "absent" ? 1 : before + 1 })];
  });
}

const keyOf = ({ kind, scope, name }: RowKey): RowKey => ({ kind, scope, name });

const listedOf = (row: RowWrite<unknown>): RowKey & ListedRow => ({
  ...keyOf(row),
  status: row.status,
  parent: row.parent ?? null,
  created_at: row.createdAt,
  modified_at: row.modifiedAt,
});

async function prepare(file: string): Promise<void> {
  const setup = kyselyOver(openDatabase(file, { readOnly: false }));
  try {
    await migrate(setup, "sqlite", file);
  } finally {
    await setup.destroy();
  }
}

const damagedFile = (file: string, cause: Error): FolderUnusable =>
  new FolderUnusable(
    `The database ${file} is damaged (${cause.message}). Restore a backup of the data folder; ` +
      `without one, \`sqlite3 ${file} .recover\` prints what can still be read.`,
    { cause },
  );
