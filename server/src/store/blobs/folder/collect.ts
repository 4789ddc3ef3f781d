// Removing what no row owns: the disowned after a while, and at the start what a killed server left behind.
import { readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Row, Rows } from "../../rows/rows.ts";
import type { Leases } from "./leases.ts";
import { folderDigits, isBlobId, isInlineId, newBlobId, type Places } from "./places.ts";

export const OWNED = "blob";
/** Rows that hold the bytes themselves. */
export const INLINE = "blob:inline";
export const GARBAGE = "blob:garbage";
/** Blobs of all accounts share one key space. */
export const SCOPE = "";

/** Who has found a blob's id in a row opens it within this time. */
export const GRACE_MS = 60_000;
const PAGE = 500;

export interface Collecting {
  readonly places: Places;
  readonly rows: Rows;
  readonly leases: Leases;
  readonly now: () => number;
}

/** Removes the disowned of at least a minute ago that nobody reads. */
export async function collectGarbage({ places, rows, leases, now }: Collecting): Promise<number> {
  let removed = 0;
  let after: string | undefined;
  for (;;) {
    const page = await rows.scan({ kind: GARBAGE, scope: SCOPE, after, limit: PAGE });
    const ready = page.filter((row) => row.modifiedAt + GRACE_MS <= now() && !leases.has(row.name));
    const [inline, filed] = [
      ready.filter(({ name }) => isInlineId(name)),
      ready.filter(({ name }) => !isInlineId(name)),
    ];
    for (const { name } of filed) await rm(places.file(name), { force: true });
    const bytes = inline.map(({ name }) => ({ kind: INLINE, scope: SCOPE, name }));
    if (ready.length > 0) await rows.commit({ remove: [...ready, ...bytes] });
    await removeEmptyFolders(places, filed, now());
    removed += ready.length;
    if (page.length < PAGE) return removed;
    after = page.at(-1)?.name;
  }
}

/** The two newest folders may be written to at this moment. */
async function removeEmptyFolders(places: Places, gone: readonly Row[], now: number): Promise<void> {
  const recent = new Set([now, now - GRACE_MS].map((time) => folderDigits(newBlobId(time))));
  const folders = new Set(
    gone.filter(({ name }) => !recent.has(folderDigits(name))).map(({ name }) => places.folder(name)),
  );
  for (const folder of folders) if (await removeEmpty(folder)) await removeEmpty(dirname(folder));
}

async function removeEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "ENOENT"))
      return false;
    throw error;
  }
}

const sweptKey = { kind: "blob:swept", scope: SCOPE, name: "folder" } as const;

/**
 * Removes files that no row names, `isFresh` ones excepted, which this process has written itself. Looks only at folders
 * written to since the sweep before last began: older ones were clean then.
 */
export async function sweep(
  { places, rows, now }: Collecting,
  isFresh: (id: string) => boolean,
  signal: AbortSignal,
): Promise<number> {
  const startedAt = now();
  const swept = await rows.get<{ readonly from: string }>(sweptKey);
  let removed = 0;
  for (const folder of await foldersSince(places, swept?.document.from ?? "")) {
    if (signal.aborted) return removed;
    const owned = new Set<string>();
    for (const kind of [OWNED, GARBAGE]) await addNames(owned, rows, kind, folder.digits);
    for (const id of await readdir(folder.path)) {
      if (!isBlobId(id) || owned.has(id) || isFresh(id)) continue;
      await rm(join(folder.path, id), { force: true });
      removed++;
    }
  }
  const document = { from: folderDigits(newBlobId(startedAt)) };
  await rows.commit({ put: [{ ...sweptKey, status: "", createdAt: startedAt, modifiedAt: startedAt, document }] });
  return removed;
}

async function foldersSince(
  places: Places,
  from: string,
): Promise<{ readonly digits: string; readonly path: string }[]> {
  const found = [];
  for (const outer of await readdir(places.root)) {
    if (outer === "incoming" || outer < from.slice(0, outer.length)) continue;
    for (const digits of await readdir(join(places.root, outer)))
      if (digits >= from) found.push({ digits, path: join(places.root, outer, digits) });
  }
  return found;
}

async function addNames(names: Set<string>, rows: Rows, kind: string, prefix: string): Promise<void> {
  for (let after: string | undefined; ; ) {
    const page = await rows.scan({ kind, scope: SCOPE, prefix, after, limit: PAGE });
    for (const { name } of page) names.add(name);
    if (page.length < PAGE) return;
    after = page.at(-1)?.name;
  }
}
