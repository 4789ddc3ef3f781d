// Blobs as files in a folder that belongs to this process alone.
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../../core/clock.ts";
import type { Rows } from "../../rows/rows.ts";
import type { Blob, Blobs } from "../blobs.ts";
import { Checksums } from "../checksum.ts";
import { type Collecting, collectGarbage, GARBAGE, OWNED, SCOPE, sweep } from "./collect.ts";
import { Leases } from "./leases.ts";
import { Places } from "./places.ts";
import { createReader } from "./read.ts";
import { createWriter } from "./write.ts";

export interface FolderBlobsOptions {
  readonly folder: string;
  readonly rows: Rows;
  readonly clock: Clock;
  /** Free bytes of the disk that new blobs leave alone. */
  readonly reserveBytes: number;
  /** Told when collecting in the background fails; it is tried again a minute later. */
  readonly report: (error: unknown) => void;
}

const COLLECT_EVERY_MS = 60_000;

export async function openFolderBlobs(options: FolderBlobsOptions): Promise<Blobs> {
  const { rows, clock, reserveBytes } = options;
  const now = () => clock.now();
  const places = new Places(options.folder);
  await mkdir(places.incoming, { recursive: true });
  for (const name of await readdir(places.incoming)) await rm(join(places.incoming, name), { recursive: true });

  const checksums = new Checksums();
  const leases = new Leases();
  const background = createBackground(options, { places, rows, leases, now });
  const writer = createWriter({ places, checksums, reserveBytes, now, starts: background.starts });
  const reader = createReader({ places, checksums, leases });
  return {
    ...writer,
    ...reader,
    owns({ id, sizeBytes, checksum }) {
      const at = now();
      const document = { sizeBytes, checksum };
      return { put: [{ kind: OWNED, scope: SCOPE, name: id, status: "", createdAt: at, modifiedAt: at, document }] };
    },
    disowns(id) {
      const at = now();
      return {
        remove: [{ kind: OWNED, scope: SCOPE, name: id }],
        put: [{ kind: GARBAGE, scope: SCOPE, name: id, status: "", createdAt: at, modifiedAt: at, document: null }],
      };
    },
    discard: (blob: Blob) => rm(places.file(blob.id), { force: true }),
    collect: background.collect,
    close: background.close,
  };
}

/** Sweeps once, then collects every minute, one run at a time. */
function createBackground({ clock, report }: FolderBlobsOptions, collecting: Collecting) {
  const closing = new AbortController();
  /** Ids written by this process while the sweep runs. */
  let fresh: Set<string> | undefined = new Set();
  let running: Promise<number> = sweep(collecting, (id) => fresh?.has(id) === true, closing.signal);
  let cancel = () => {};
  const again = () => {
    cancel();
    if (!closing.signal.aborted) cancel = clock.at(clock.now() + COLLECT_EVERY_MS, () => void collect().catch(report));
  };
  const collect = (): Promise<number> => {
    cancel();
    const next = () => collectGarbage(collecting);
    running = running.then(next, next);
    return running.finally(again);
  };
  running
    .catch(report)
    .finally(() => {
      fresh = undefined;
    })
    .then(again, report);
  return {
    starts: (id: string) => void fresh?.add(id),
    collect,
    async close() {
      closing.abort();
      cancel();
      await running.catch(report);
    },
  };
}
