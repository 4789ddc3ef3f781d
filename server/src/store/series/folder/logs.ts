// Log streams: a journal each, in a folder of its group.
import { join } from "node:path";
import { fileName, mayStartWith } from "../../journal/file-names.ts";
import type { Journal } from "../../journal/journal.ts";
import { type Journals, journalFolders, readHeader } from "../../journal/journals.ts";
import type { LogGroupFacts, LogStreamFacts, LogStreamKey, Series } from "../series.ts";

type Group = Omit<LogStreamKey, "stream">;

type LogSeries = Pick<
  Series,
  | "appendLogs"
  | "logOffset"
  | "readLogs"
  | "createLogStream"
  | "deleteLogStream"
  | "hasLogStream"
  | "logStreams"
  | "logGroups"
  | "expireLogs"
>;

export function createLogs(root: string, journals: Journals, now: () => number): LogSeries {
  const groupFolder = ({ account, region, group }: Group) =>
    join(root, fileName(account), fileName(region), fileName(group));
  const streamFolder = (key: LogStreamKey) => join(groupFolder(key), fileName(key.stream));
  const header = (key: LogStreamKey) => () => ({ group: key.group, stream: key.stream, createdAt: now() });
  /** Facts of groups looked at before; only the removal of a stream changes them. */
  const groups = new Map<string, LogGroupFacts>();
  return {
    async appendLogs(key, events, { sync, source }) {
      const entries = events.map(({ timestamp, message }) => [timestamp, message] as const);
      await journals.use(streamFolder(key), header(key), (journal) => journal.append({ entries, sync, source }));
    },
    async logOffset(key, sourceId) {
      return (await journals.find(streamFolder(key), async (journal) => journal.offset(sourceId))) ?? 0;
    },
    async readLogs(key, range) {
      const found = await journals.find(streamFolder(key), (journal) => journal.read(range));
      return (found ?? []).map(({ at, value, writtenAt, sequence }) => ({
        timestamp: at,
        message: value as string,
        ingestedAt: writtenAt,
        sequence,
      }));
    },
    createLogStream: (key) => journals.use(streamFolder(key), header(key), async () => {}),
    async deleteLogStream(key) {
      await journals.remove(streamFolder(key));
      groups.delete(groupFolder(key));
    },
    hasLogStream: async (key) => (await readHeader(streamFolder(key))) !== undefined,
    async logStreams(group, prefix, page) {
      const streams = await namesOf(groupFolder(group), prefix);
      const wanted = streams
        .filter(({ stream }) => page?.after === undefined || stream > page.after)
        .slice(0, page?.limit ?? streams.length);
      const facts: LogStreamFacts[] = [];
      for (const { folder, ...named } of wanted) {
        const of = await journals.find(folder, async (journal) => factsOf(named, journal));
        if (of) facts.push(of);
      }
      return facts;
    },
    async logGroups({ account, region }, prefix) {
      const place = join(root, fileName(account), fileName(region));
      const found: LogGroupFacts[] = [];
      for (const name of await journalFolders(place)) {
        if (!mayStartWith(name, prefix)) continue;
        const folder = join(place, name);
        const facts = groups.get(folder) ?? (await groupFacts(folder));
        if (facts !== undefined) groups.set(folder, facts);
        if (facts?.group.startsWith(prefix)) found.push(facts);
      }
      return found.sort((a, b) => (a.group < b.group ? -1 : 1));
    },
    async expireLogs(group, before) {
      const folder = groupFolder(group);
      for (const name of await journalFolders(folder))
        await journals.find(join(folder, name), (journal) => journal.expire(before));
    },
  };
}

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

interface Named {
  readonly stream: string;
  readonly createdAt: number;
}

/** Streams in a group's folder with their true names, sorted by these. */
async function namesOf(folder: string, prefix: string): Promise<(Named & { readonly folder: string })[]> {
  const found: (Named & { readonly folder: string })[] = [];
  for (const name of await journalFolders(folder)) {
    if (!mayStartWith(name, prefix)) continue;
    const header = await readHeader(join(folder, name));
    const stream = header?.["stream"];
    if (typeof stream !== "string" || !stream.startsWith(prefix)) continue;
    found.push({ folder: join(folder, name), stream, createdAt: Number(header?.["createdAt"]) });
  }
  return found.sort((a, b) => (a.stream < b.stream ? -1 : 1));
}

function factsOf({ stream, createdAt }: Named, journal: Journal): LogStreamFacts {
  const { firstAt, lastAt, lastWrittenAt, sizeBytes, entries } = journal.facts();
  return {
    stream,
    createdAt,
    ...(firstAt === undefined ? {} : { firstEventAt: firstAt }),
    ...(lastAt === undefined ? {} : { lastEventAt: lastAt }),
    ...(lastWrittenAt === undefined || entries === 0 ? {} : { lastIngestionAt: lastWrittenAt }),
    storedBytes: sizeBytes,
    events: entries,
  };
}
