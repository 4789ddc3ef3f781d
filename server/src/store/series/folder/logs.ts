// Log streams: a journal each, in a folder of its group.
import { join } from "node:path";
import { fileName, mayStartWith } from "../../journal/file-names.ts";
import { type Journals, journalFolders, readHeader } from "../../journal/journals.ts";
import type { StoredEntry } from "../../journal/read.ts";
import type { LogGroupFacts, LogStreamFacts, LogStreamKey, Series, StoredLogEvent, StreamPage } from "../series.ts";
import { GroupSizes } from "./sizes.ts";
import { StreamIndex } from "./streams.ts";

type Group = Omit<LogStreamKey, "stream">;
/** What lists of streams are ordered by. */
type StreamPlace = NonNullable<StreamPage["after"]>;

type LogSeries = Pick<
  Series,
  | "appendLogs"
  | "logOffset"
  | "readLogs"
  | "readLogsInOrder"
  | "createLogStream"
  | "deleteLogStream"
  | "hasLogStream"
  | "logStreams"
  | "logGroups"
  | "logGroupBytes"
  | "expireLogs"
>;

export function createLogs(root: string, journals: Journals, now: () => number): LogSeries {
  const groupFolder = ({ account, region, group }: Group) =>
    join(root, fileName(account), fileName(region), fileName(group));
  const streamFolder = (key: LogStreamKey) => join(groupFolder(key), fileName(key.stream));
  const header = (key: LogStreamKey) => () => ({ group: key.group, stream: key.stream, createdAt: now() });
  /** Facts of groups looked at before; only the removal of a stream changes them, and so many have been removed. */
  const groups = new Map<string, LogGroupFacts>();
  let removals = 0;
  const index = new StreamIndex(journals);
  const sizes = new GroupSizes(now);
  const changed = (key: LogStreamKey) => index.changed(groupFolder(key), streamFolder(key));
  return {
    async appendLogs(key, events, { sync, source }) {
      const entries = events.map(({ timestamp, message }) => [timestamp, message] as const);
      await journals.use(streamFolder(key), header(key), (journal) => journal.append({ entries, sync, source }));
      changed(key);
    },
    async logOffset(key, sourceId) {
      return (await journals.find(streamFolder(key), async (journal) => journal.offset(sourceId))) ?? 0;
    },
    async readLogs(key, range) {
      return ((await journals.find(streamFolder(key), (journal) => journal.read(range))) ?? []).map(toEvent);
    },
    async readLogsInOrder(key, range) {
      return ((await journals.find(streamFolder(key), (journal) => journal.readInOrder(range))) ?? []).map(toEvent);
    },
    async createLogStream(key) {
      await journals.use(streamFolder(key), header(key), async () => {});
      changed(key);
    },
    async deleteLogStream(key) {
      await journals.remove(streamFolder(key));
      removals++;
      groups.delete(groupFolder(key));
      sizes.forget(groupFolder(key));
      index.removed(groupFolder(key), streamFolder(key));
      await journals.removeEmpty(groupFolder(key));
    },
    hasLogStream: async (key) => (await readHeader(streamFolder(key))) !== undefined,
    async logStreams(group, prefix, page) {
      const streams = (await index.of(groupFolder(group))).filter(({ stream }) => stream.startsWith(prefix));
      return page === undefined ? streams : pageOf(streams, page);
    },
    async logGroups({ account, region }, prefix) {
      const place = join(root, fileName(account), fileName(region));
      const found: LogGroupFacts[] = [];
      for (const name of await journalFolders(place)) {
        if (!mayStartWith(name, prefix)) continue;
        const folder = join(place, name);
        const before = removals;
        const facts = groups.get(folder) ?? (await groupFacts(folder));
        // A kill may have come before the folder of the group went with its last stream.
        if (facts === undefined) await journals.removeEmpty(folder);
        else if (before === removals) groups.set(folder, facts);
        if (facts?.group.startsWith(prefix)) found.push(facts);
      }
      return found.sort((a, b) => (a.group < b.group ? -1 : 1));
    },
    logGroupBytes: (group) => sizes.of(groupFolder(group)),
    async expireLogs(group, before) {
      const folder = groupFolder(group);
      for (const name of await journalFolders(folder))
        await journals.find(join(folder, name), (journal) => journal.expire(before));
      index.allChanged(folder);
    },
  };
}

const toEvent = ({ at, value, writtenAt, sequence }: StoredEntry): StoredLogEvent => ({
  timestamp: at,
  message: value as string,
  ingestedAt: writtenAt,
  sequence,
});

/** Facts of the group in a folder, undefined when it has no streams. */
async function groupFacts(folder: string): Promise<LogGroupFacts | undefined> {
  let found: LogGroupFacts | undefined;
  for (const name of await journalFolders(folder)) {
    const header = await readHeader(join(folder, name));
    const group = header?.["group"];
    const createdAt = Number(header?.["createdAt"]);
    if (typeof group === "string" && (found === undefined || createdAt < found.createdAt)) found = { group, createdAt };
  }
  return found;
}

/** Orders by last event, where asked, and then by name. */
function comparer({ byLastEvent, descending }: StreamPage) {
  const direction = descending ? -1 : 1;
  return (one: StreamPlace, other: StreamPlace): number => {
    const byName = one.stream === other.stream ? 0 : one.stream < other.stream ? -1 : 1;
    const byTime = byLastEvent ? (one.lastEventAt ?? 0) - (other.lastEventAt ?? 0) : 0;
    return direction * (byTime || byName);
  };
}

/** The first streams behind the page's beginning: streams are gone through once, so many of them are kept. */
function pageOf(streams: readonly LogStreamFacts[], page: StreamPage): LogStreamFacts[] {
  const compare = comparer(page);
  const { after, limit } = page;
  const found: LogStreamFacts[] = [];
  for (const facts of streams) {
    if (after && compare(facts, after) <= 0) continue;
    const worst = found.at(-1);
    if (found.length >= limit && worst && compare(facts, worst) >= 0) continue;
    const place = found.findLastIndex((one) => compare(one, facts) < 0) + 1;
    found.splice(place, 0, facts);
    if (found.length > limit) found.pop();
  }
  return found;
}
