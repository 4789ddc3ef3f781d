// Metric points: a journal for each namespace and set of dimensions, as points of one thing are written and read together;
// and for each account and region a journal of the metrics that have been seen.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileName } from "../../journal/file-names.ts";
import { type Journals, journalFolders } from "../../journal/journals.ts";
import type { Entry } from "../../journal/line.ts";
import type { Json } from "../../rows/rows.ts";
import type { MetricKey, MetricPoint, Series } from "../series.ts";

type MetricSeries = Pick<Series, "putMetrics" | "readMetrics" | "listMetrics"> & {
  /** Drops whole segments of points from before this time. */
  expire(before: number): Promise<void>;
};
type Place = Pick<MetricKey, "account" | "region">;
type Known = Map<string, MetricKey>;

export function createMetrics(root: string, journals: Journals): MetricSeries {
  const points = join(root, "points");
  const catalogues = new Map<string, Promise<Known>>();
  const catalogueFolder = ({ account, region }: Place) => join(root, "names", fileName(account), fileName(region));
  const pointsFolder = ({ account, region, namespace, dimensions }: MetricKey) =>
    join(points, fileName(account), fileName(region), fileName(namespace), fileName(canonical(dimensions)));

  const catalogue = (place: Place): Promise<Known> => {
    const folder = catalogueFolder(place);
    const found = catalogues.get(folder);
    if (found !== undefined) return found;
    const loading = loadCatalogue(journals, folder, place);
    catalogues.set(folder, loading);
    loading.catch(() => catalogues.delete(folder));
    return loading;
  };

  async function remember(place: Place, keys: readonly MetricKey[], at: number): Promise<void> {
    const known = await catalogue(place);
    const unseen = new Map<string, MetricKey>();
    for (const key of keys) if (!known.has(identity(key))) unseen.set(identity(key), key);
    if (unseen.size === 0) return;
    const entries = [...unseen.values()].map(
      ({ namespace, name, dimensions }): Entry => [at, { namespace, name, dimensions }],
    );
    await journals.use(
      catalogueFolder(place),
      () => ({ ...pick(place) }),
      (journal) => journal.append({ entries, sync: true }),
    );
    for (const [id, key] of unseen) known.set(id, key);
  }

  return {
    async putMetrics(all, { sync }) {
      for (const some of groups(all, ({ account, region }) => `${account}/${region}`))
        if (some[0]) await remember(some[0], some, some[0].timestamp);
      await Promise.all(
        groups(all, pointsFolder).map(async (some) => {
          const [first] = some;
          if (!first) return;
          const header = () => ({ namespace: first.namespace, dimensions: first.dimensions });
          await journals.use(pointsFolder(first), header, (journal) =>
            journal.append({ entries: some.map(toEntry), sync }),
          );
        }),
      );
    },
    async readMetrics(key, startTime, endTime) {
      const range = { from: 0, limit: Number.POSITIVE_INFINITY, startTime, endTime };
      const found = (await journals.find(pointsFolder(key), (journal) => journal.read(range))) ?? [];
      return found
        .map(({ at, value }) => toPoint(key, at, value))
        .filter(({ name }) => name === key.name)
        .sort((a, b) => a.timestamp - b.timestamp);
    },
    async listMetrics({ account, region, namespace, name }) {
      const known = await catalogue({ account, region });
      return [...known.values()].filter(
        (key) => (namespace === undefined || key.namespace === namespace) && (name === undefined || key.name === name),
      );
    },
    async expire(before) {
      for (const folder of await foldersAt(points, 3))
        for (const name of await journalFolders(folder))
          await journals.find(join(folder, name), (journal) => journal.expire(before));
    },
  };
}

async function loadCatalogue(journals: Journals, folder: string, place: Place): Promise<Known> {
  const everything = { from: 0, limit: Number.POSITIVE_INFINITY };
  const found = (await journals.find(folder, (journal) => journal.read(everything))) ?? [];
  const keys = found.map(({ value }) => ({ ...pick(place), ...(value as Omit<MetricKey, "account" | "region">) }));
  return new Map(keys.map((key) => [identity(key), key]));
}

/** Folders so many levels below; none when the folder is not there yet. */
async function foldersAt(folder: string, depth: number): Promise<string[]> {
  if (depth === 0) return [folder];
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return (await Promise.all(names.map((name) => foldersAt(join(folder, name), depth - 1)))).flat();
}

const pick = ({ account, region }: Place): Place => ({ account, region });

/** The same text for the same dimensions in any order. */
const canonical = (dimensions: MetricKey["dimensions"]): string =>
  JSON.stringify(Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1)));

const identity = ({ namespace, name, dimensions }: MetricKey): string =>
  JSON.stringify([namespace, name, canonical(dimensions)]);

function groups<Item>(items: readonly Item[], by: (item: Item) => string): Item[][] {
  return [...Map.groupBy(items, by).values()];
}

/** A point in a journal: name, value, unit. */
function toEntry({ timestamp, name, value, unit }: MetricPoint): Entry {
  const kept: Json = [name, value, ...(unit === undefined ? [] : [unit])];
  return [timestamp, kept];
}

function toPoint({ account, region, namespace, dimensions }: MetricKey, timestamp: number, kept: unknown): MetricPoint {
  const [name, value, unit] = kept as [string, MetricPoint["value"], string?];
  return { account, region, namespace, dimensions, timestamp, name, value, ...(unit === undefined ? {} : { unit }) };
}
