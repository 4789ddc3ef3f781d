// Points as they were kept before there were chunks: a journal for each namespace and set of dimensions. Taken over once.
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Journal } from "../../journal/journal.ts";
import { journalFolders, readHeader } from "../../journal/journals.ts";
import type { MetricKey, MetricPoint } from "../series.ts";

interface Receiver {
  /** All of them or none. */
  put(points: readonly MetricPoint[]): Promise<void>;
  has(point: MetricPoint): Promise<boolean>;
}

/**
 * Hands over what is there, journal by journal, and removes it. Nobody else writes meanwhile and a metric has one journal,
 * so one whose points are there was handed over by a server that ended before it could remove it.
 */
export async function takeOver(folder: string, now: () => number, { put, has }: Receiver): Promise<void> {
  const [names, points] = [join(folder, "names"), join(folder, "points")];
  for (const account of await foldersIn(names))
    for (const region of await foldersIn(join(names, account))) {
      const place = (await readHeader(join(names, account, region))) as
        | Pick<MetricKey, "account" | "region">
        | undefined;
      if (!place) continue;
      const here = join(points, account, region);
      for (const namespace of await foldersIn(here))
        for (const name of await journalFolders(join(here, namespace))) {
          const each = join(here, namespace, name);
          const header = (await readHeader(each)) as Pick<MetricKey, "namespace" | "dimensions"> | undefined;
          const found = header ? await pointsIn(each, now, { ...place, ...header }) : [];
          const [first] = found;
          if (first && !(await has(first))) await put(found);
          await rm(each, { recursive: true });
        }
    }
  for (const old of [points, names]) await rm(old, { recursive: true, force: true });
}

async function pointsIn(folder: string, now: () => number, key: Omit<MetricKey, "name">): Promise<MetricPoint[]> {
  const journal = await Journal.open(folder, now);
  const found = await journal.read({ from: 0, limit: Number.POSITIVE_INFINITY });
  await journal.close();
  const { account, region, namespace, dimensions } = key;
  return found.map(({ at, value: kept }) => {
    const [name, value, unit] = kept as [string, MetricPoint["value"], string?];
    return {
      account,
      region,
      namespace,
      dimensions,
      name,
      timestamp: at,
      value,
      ...(unit === undefined ? {} : { unit }),
    };
  });
}

const foldersIn = async (folder: string): Promise<readonly string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
