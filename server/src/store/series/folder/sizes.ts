// How many bytes the files of a group take, looked at again when the last answer is a minute old.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

const KEPT_MS = 60_000;
/** Answers kept at once. */
const MOST_KEPT = 10_000;

export class GroupSizes {
  readonly #now: () => number;
  readonly #kept = new Map<string, { readonly at: number; readonly bytes: Promise<number> }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  of(groupFolder: string): Promise<number> {
    const kept = this.#kept.get(groupFolder);
    if (kept && this.#now() - kept.at < KEPT_MS) return kept.bytes;
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    const bytes = measure(groupFolder);
    bytes.catch(() => this.#kept.delete(groupFolder));
    this.#kept.set(groupFolder, { at: this.#now(), bytes });
    return bytes;
  }

  forget(groupFolder: string): void {
    this.#kept.delete(groupFolder);
  }
}

async function measure(groupFolder: string): Promise<number> {
  let bytes = 0;
  for (const stream of await filesOf(groupFolder))
    for (const file of await filesOf(join(groupFolder, stream)))
      if (file.endsWith(".jsonl")) bytes += (await stat(join(groupFolder, stream, file)).catch(gone))?.size ?? 0;
  return bytes;
}

const filesOf = async (folder: string): Promise<string[]> => (await readdir(folder).catch(gone)) ?? [];

/** What retention or a deletion takes away meanwhile counts no more. */
function gone(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}
