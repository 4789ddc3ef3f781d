// Calls in a folder: a journal for each account, written a few times a second.
import { join } from "node:path";
import type { Clock } from "../../../core/clock.ts";
import { everyDay } from "../../daily.ts";
import { makeFolder } from "../../durable.ts";
import { fileName } from "../../journal/file-names.ts";
import { Journals, journalFolders } from "../../journal/journals.ts";
import type { Entry } from "../../journal/line.ts";
import type { Json } from "../../rows/rows.ts";
import type { CallRecord, Calls } from "../calls.ts";

export interface FolderCallsOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Told of failures of writing and of dropping old records in the background. */
  readonly report: (error: unknown) => void;
}

/** How long records of reads may wait in memory. */
const GATHER_MS = 250;
const DAY_MS = 86_400_000;
/** CloudTrail's event history goes back so far. */
const KEPT_MS = 90 * DAY_MS;

export async function openFolderCalls({ folder, clock, report }: FolderCallsOptions): Promise<Calls> {
  await makeFolder(folder);
  const journals = new Journals(() => clock.now());
  const accountFolder = (account: string) => join(folder, fileName(account));
  const gathered = new Map<string, Entry[]>();
  let timer: NodeJS.Timeout | undefined;

  const write = async (account: string, sync: boolean) => {
    const entries = gathered.get(account);
    if (!entries) return;
    gathered.delete(account);
    await journals.use(
      accountFolder(account),
      () => ({ account }),
      (journal) => journal.append({ entries, sync }),
    );
  };
  const writeAll = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    await Promise.all([...gathered.keys()].map((account) => write(account, false)));
  };
  const stopExpiring = everyDay(clock, report, async () => {
    for (const name of await journalFolders(folder))
      await journals.find(join(folder, name), (journal) => journal.expire(clock.now() - KEPT_MS));
  });
  return {
    async record(call, { sync }) {
      const entries = gathered.get(call.account) ?? [];
      entries.push([call.at + call.durationMs, call as unknown as Json]);
      gathered.set(call.account, entries);
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
    async close() {
      await stopExpiring();
      await writeAll();
      await journals.close();
    },
  };
}
