// Blobs as files in a folder that belongs to this process alone.
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../../core/clock.ts";
import type { Rows, RowWrite } from "../../rows/rows.ts";
import type { Blob, Blobs } from "../blobs.ts";
import { type Collecting, collectGarbage, GARBAGE, INLINE, OWNED, SCOPE, sweep } from "./collect.ts";
import { Leases } from "./leases.ts";
import { isInlineId, Places } from "./places.ts";
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

  const leases = new Leases();
  const small = new WeakMap<Blob, Buffer>();
  const background = createBackground(options, { places, rows, leases, now });
  const writer = createWriter({ places, reserveBytes, now, starts: background.starts, small });
  const inline = async (blob: Blob) => small.get(blob) ?? (await inlineBytes(rows, blob.id));
  const reader = createReader({ places, leases, inline });
  return {
    ...writer,
    ...reader,
    owns: (blob) => ({ put: [ownerOf(blob, small.get(blob), now())] }),
    disowns(id) {
      const at = now();
      return {
        remove: isInlineId(id) ? [] : [{ kind: OWNED, scope: SCOPE, name: id }],
        put: [{ kind: GARBAGE, scope: SCOPE, name: id, status: "", createdAt: at, modifiedAt: at, document: null }],
      };
    },
    async discard(blob: Blob) {
      if (isInlineId(blob.id)) small.delete(blob);
      else await rm(places.file(blob.id), { force: true });
    },
    collect: background.collect,
    close: background.close,
  };
}

/** The row that makes a blob lasting; for a small one it holds the bytes. */
function ownerOf(blob: Blob, bytes: Buffer | undefined, at: number): RowWrite {
  const { id, sizeBytes, checksum } = blob;
  const key = { scope: SCOPE, name: id, status: "", createdAt: at, modifiedAt: at };
  if (!isInlineId(id)) return { ...key, kind: OWNED, document: { sizeBytes, checksum } };
  if (!bytes) throw new TypeError(`Blob ${id} is not the value that \`write\` gave; only that one can be owned.`);
  return { ...key, kind: INLINE, document: bytes.toString("base64") };
}

async function inlineBytes(rows: Rows, id: string): Promise<Buffer | undefined> {
  const row = await rows.get<string>({ kind: INLINE, scope: SCOPE, name: id });
  return row && Buffer.from(row.document, "base64");
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
