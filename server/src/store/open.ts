// Opens the stores on a data folder, which belongs to this process until they are closed.
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { errors } from "../core/errors.ts";
import type { Blobs } from "./blobs/blobs.ts";
import { openFolderBlobs } from "./blobs/folder/open.ts";
import type { Calls } from "./calls/calls.ts";
import { openFolderCalls } from "./calls/folder/open.ts";
import { keptKey } from "./durable.ts";
import { checkLayout, makeDataFolder } from "./layout.ts";
import { lockFolder } from "./lock.ts";
import { pairFolder } from "./pair.ts";
import { openRows } from "./rows/open.ts";
import type { Rows } from "./rows/rows.ts";
import { openFolderSeries } from "./series/folder/open.ts";
import type { Series } from "./series/series.ts";

export interface StoreOptions {
  readonly folder: string;
  /** `postgres://…`; SQLite in the folder when absent. */
  readonly databaseUrl?: string | undefined;
  /** Address of an object store; a folder in the data folder when absent. */
  readonly blobsUrl?: string | undefined;
  /** Free bytes of the disk that new data leave alone; default 1 GiB. */
  readonly reserveBytes?: number | undefined;
  readonly clock: Clock;
  /** Told of failures of background work, which is tried again. */
  readonly report: (error: unknown) => void;
}

export interface Store {
  readonly rows: Rows;
  readonly blobs: Blobs;
  readonly series: Series;
  readonly calls: Calls;
  close(): Promise<void>;
}

const RESERVE_BYTES = 1024 ** 3;

/** @throws FolderInUse, FolderUnusable, NewerLayout, ApiError NotYetAvailable for an object store as the place of blobs */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { folder, databaseUrl, blobsUrl, clock, report } = options;
  if (blobsUrl !== undefined)
    throw errors.notYetAvailable(
      `Blobs in an object store (${blobsUrl}) are not yet available. Leave --blobs out to keep them in ${join(folder, "blobs")}.`,
    );
  await makeDataFolder(folder);
  const closers: (() => unknown)[] = [await lockFolder(folder)];
  /** Closes what is open, the last first. */
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    await checkLayout(folder);
    const rows = await openRows(databaseUrl === undefined ? { file: join(folder, "rows.db") } : { url: databaseUrl }, {
      clock,
      report,
    });
    closers.push(rows.close);
    await pairFolder(folder, rows, clock.now());
    const reserveBytes = options.reserveBytes ?? RESERVE_BYTES;
    const blobs = await openFolderBlobs({ folder: join(folder, "blobs"), rows, clock, reserveBytes, report });
    closers.push(blobs.close);
    const series = await openFolderSeries({ folder: join(folder, "series"), clock, report });
    closers.push(series.close);
    const owner = (await keptKey(join(folder, "owner"))).toString("base64url");
    const calls = await openFolderCalls({ folder: join(folder, "calls"), rows, owner, clock, report });
    closers.push(calls.close);
    return { rows: calls.keepingRows, blobs, series, calls, close };
  } catch (error) {
    await close();
    throw error;
  }
}
