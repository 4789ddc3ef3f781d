// Calls in a folder: a journal for each account, written a few times a second.
import { join } from "node:path";
import type { Clock } from "../../../core/clock.ts";
import { everyDay } from "../../daily.ts";
import { makeFolder } from "../../durable.ts";
import { fileName } from "../../journal/file-names.ts";
import { Journals, journalFolders } from "../../journal/journals.ts";
import type { Entry } from "../../journal/line.ts";
import type { Range } from "../../journal/read.ts";
import type { Json, Rows } from "../../rows/rows.ts";
import type { CallRecord, Calls } from "../calls.ts";
import { KeptCalls } from "../kept-calls.ts";

export interface FolderCallsOptions {
  readonly folder: string;
  /** Whose commits keep calls. */
  readonly rows: Rows;
  /** Tells the calls of this folder from those of others on the same rows. */
  readonly owner: string;
  readonly clock: Clock;
  /** Told of failures of writing and of dropping old records in the background. */
  readonly report: (error: unknown) => void;
}

/** How long records of reads may wait in memory. */
const GATHER_MS = 250;
const DAY_MS = 86_400_000;
/** CloudTrail's event history goes back so far. */
const KEPT_MS = 90 * DAY_MS;

/** Calls read from the log at once, and bytes of them after which `follow` reads no more. */
const PIECE = 200;
const PAGE_BYTES = 16 * 1_048_576;

/** How far the clock may have been set back while a call was made. */
const CLOCK_STEP_MS = 3_600_000;

/** What waits to be written to the journal of one account. */
interface Gathered {
  readonly entries: Entry[];
  /** Calls among them that a commit has kept, by request id. */
  readonly kept: string[];
}

export interface FolderCalls extends Calls {
  /** The rows whose commits keep the call they are made in. */
  readonly keepingRows: Rows;
}

export async function openFolderCalls(options: FolderCallsOptions): Promise<FolderCalls> {
  const { folder, rows, owner, clock, report } = options;
  await makeFolder(folder);
  const keptCalls = new KeptCalls(rows, owner);
  const journals = new Journals(() => clock.now());
  const accountFolder = (account: string) => join(folder, fileName(account));
  const gathered = new Map<string, Gathered>();
  const writing = new Map<string, Promise<void>>();
  let written: string[] = [];
  let timer: NodeJS.Timeout | undefined;

  const gather = (call: CallRecord): Gathered => {
    const waiting = gathered.get(call.account) ?? { entries: [], kept: [] };
    waiting.entries.push([call.at + call.durationMs, call as unknown as Json]);
    gathered.set(call.account, waiting);
    return waiting;
  };
  const append = async (account: string, { entries, kept }: Gathered, sync: boolean): Promise<void> => {
    await journals.use(
      accountFolder(account),
      () => ({ account }),
      (journal) => journal.append({ entries, sync: sync || kept.length > 0 }),
    );
    written.push(...kept);
  };
  /** All that was taken before is in the journal when this resolves, also what is on its way by an earlier call. */
  const write = async (account: string, sync: boolean): Promise<void> => {
    const waiting = gathered.get(account);
    // Whoever began it hears when it fails.
    if (!waiting) return await writing.get(account)?.catch(() => {});
    gathered.delete(account);
    const appended = append(account, waiting, sync);
    writing.set(account, appended);
    try {
      await appended;
    } finally {
      if (writing.get(account) === appended) writing.delete(account);
    }
  };
  const writeAll = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    await Promise.all([...gathered.keys()].map((account) => write(account, false)));
    const forgotten = written;
    written = [];
    await keptCalls.forget(forgotten);
  };
  await recover(keptCalls, journals, accountFolder);
  const stopExpiring = everyDay(clock, report, async () => {
    for (const name of await journalFolders(folder))
      await journals.find(join(folder, name), (journal) => journal.expire(clock.now() - KEPT_MS));
  });
  return {
    keepingRows: keptCalls.keeping(),
    during: (call, work) => keptCalls.during(call, work),
    async record(call, { sync, isKept }) {
      const waiting = gather(call);
      if (isKept) waiting.kept.push(call.requestId);
      if (sync) return write(call.account, true);
      timer ??= setTimeout(() => void writeAll().catch(report), GATHER_MS).unref();
    },
    async read({ account, before, after, limit }) {
      await write(account, false);
      const range = { from: after ?? Number.POSITIVE_INFINITY, backwards: true, limit: limit + 1, endTime: before };
      const found = (await journals.find(accountFolder(account), (journal) => journal.read(range))) ?? [];
      const calls = found.slice(0, limit).map(({ value }) => value as CallRecord);
      const beyond = found[limit];
      return beyond ? { calls, next: beyond.sequence } : { calls };
    },
    async follow({ account, from, limit }) {
      await write(account, true);
      // Who follows keeps its place for good: it is never beyond what a power cut leaves of the log.
      const end = (await journals.find(accountFolder(account), (journal) => journal.lasting())) ?? 0;
      const read = (range: Range) => journals.find(accountFolder(account), (journal) => journal.read(range));
      const calls: CallRecord[] = [];
      let [next, bytes] = [Math.min(from ?? end, end), 0];
      while (next < end && calls.length < limit && bytes < PAGE_BYTES) {
        const some = (await read({ from: next, limit: Math.min(PIECE, limit - calls.length) })) ?? [];
        const found = some.filter(({ sequence }) => sequence < end);
        const last = found.at(-1);
        if (last === undefined) return { calls, next };
        for (const { value } of found) calls.push(value as CallRecord);
        next = last.sequence + 1;
        bytes += Buffer.byteLength(JSON.stringify(found));
      }
      return next < end ? { calls, next, hasMore: true } : { calls, next };
    },
    async close() {
      await stopExpiring();
      await writeAll();
      await journals.close();
    },
  };
}

/** Brings what commits have kept into the journals, when a crash came between the two. */
async function recover(
  keptCalls: KeptCalls,
  journals: Journals,
  accountFolder: (account: string) => string,
): Promise<void> {
  const all = await keptCalls.all();
  const byAccount = Map.groupBy(all, ({ account }) => account);
  for (const [account, calls] of byAccount) {
    const startTime = Math.min(...calls.map(({ at }) => at)) - CLOCK_STEP_MS;
    await journals.use(
      accountFolder(account),
      () => ({ account }),
      async (journal) => {
        const found = await journal.read({ from: 0, limit: Number.POSITIVE_INFINITY, startTime });
        const known = new Set(found.map(({ value }) => (value as CallRecord).requestId));
        const missing = calls.filter(({ requestId }) => !known.has(requestId));
        const entries = missing.map((call): Entry => [call.at + call.durationMs, call as unknown as Json]);
        // Also when nothing is missing: what is in the journal need not be on disk yet.
        await journal.append({ entries, sync: true });
      },
    );
  }
  await keptCalls.forget(all.map(({ requestId }) => requestId));
}
