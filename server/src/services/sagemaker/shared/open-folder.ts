// Walking a folder that a running program may change under our feet: every part of a path is opened relative to its open
// parent and never through a link, so that nothing outside the folder is ever read. open(2), O_NOFOLLOW; proc(5), fd
import type { Stats } from "node:fs";
import { constants, type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { UnitPlace } from "../../../engine/job-kind.ts";

export interface FoundFile {
  /** Below the folder, `a/b`. */
  readonly name: string;
  readonly handle: FileHandle;
  readonly facts: Stats;
}

export interface Walk {
  /** Called with each regular file, open for reading; it is closed afterwards. */
  readonly file: (found: FoundFile) => Promise<void>;
  /** Told of what is left out, and why. */
  readonly skipped: (name: string, why: string) => void;
  readonly signal: AbortSignal;
  /** Files that may be open at once; one unless given. */
  readonly atOnce?: number;
}

/** Without blocking: a pipe that nobody writes to is there to be left out. */
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const FOLDER = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_DIRECTORY;

/** Deeper folders are left out: each open parent holds a descriptor. */
const MOST_LEVELS = 64;

/** What stands in a name for bytes that are not UTF-8. */
const UNREADABLE = "\ufffd";

/** Walks every file below a place, names in byte order. What is not there has no files. */
export async function walkFiles(place: UnitPlace, walk: Walk): Promise<void> {
  const folder = await openPlace(place);
  if (folder) await walkFolder(folder, "", 0, walk);
}

async function walkFolder(folder: FileHandle, path: string, level: number, walk: Walk): Promise<void> {
  const files = new Files(walk.atOnce ?? 1);
  try {
    for (const entry of await entriesOf(folder)) {
      walk.signal.throwIfAborted();
      const name = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.name.includes(UNREADABLE)) walk.skipped(name, "its name is not UTF-8");
      else if (entry.isDirectory()) {
        await files.end(); // whatever the depth, no more of them are open
        await goInto(folder, entry.name, { name, level, walk });
      } else if (entry.isFile()) await files.add(() => giveFile(folder, entry.name, name, walk));
      else walk.skipped(name, entry.isSymbolicLink() ? "it is a link" : "it is neither file nor folder");
    }
    await files.end();
  } finally {
    await files.end().catch(() => undefined);
    await folder.close();
  }
}

/** The files of a folder under way; the first that fails ends the walk. */
class Files {
  readonly #most: number;
  readonly #open = new Set<Promise<void>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves when there is room for another. */
  async add(file: () => Promise<void>): Promise<void> {
    const whole: Promise<void> = file().then(() => void this.#open.delete(whole));
    this.#open.add(whole);
    // Told by whoever waits for room, or for the end.
    whole.catch(() => undefined);
    if (this.#open.size >= this.#most) await Promise.race(this.#open);
  }

  async end(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#open);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }
}

/** A folder that was removed meanwhile has no entries. */
async function entriesOf(folder: FileHandle) {
  try {
    const entries = await readdir(within(folder), { withFileTypes: true });
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw cause;
  }
}

async function goInto(
  parent: FileHandle,
  entry: string,
  { name, level, walk }: { readonly name: string; readonly level: number; readonly walk: Walk },
): Promise<void> {
  if (level >= MOST_LEVELS) return walk.skipped(name, `it is nested deeper than ${MOST_LEVELS} folders`);
  const folder = await openBelow(parent, entry, FOLDER);
  if (typeof folder !== "string") await walkFolder(folder, name, level + 1, walk);
  else if (folder !== "gone") walk.skipped(name, folder);
}

async function giveFile(parent: FileHandle, entry: string, name: string, walk: Walk): Promise<void> {
  const handle = await openBelow(parent, entry, FILE);
  if (typeof handle === "string") {
    if (handle !== "gone") walk.skipped(name, handle);
    return;
  }
  try {
    const facts = await handle.stat();
    if (facts.isFile()) await walk.file({ name, handle, facts });
    else walk.skipped(name, "it is neither file nor folder");
  } finally {
    await handle.close();
  }
}

/** An open entry of an open folder; `gone`, or why it cannot be opened. */
async function openBelow(parent: FileHandle, name: string, flags: number): Promise<FileHandle | string> {
  try {
    return await open(join(within(parent), name), flags);
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return "gone";
    if (code === "EACCES" || code === "EPERM" || code === "ENXIO" || code === "ENAMETOOLONG")
      return `it cannot be opened (${code})`;
    throw cause;
  }
}

const within = (folder: FileHandle): string => `/proc/self/fd/${folder.fd}`;

/** The first bytes of a file at a place; undefined when there is no regular file. */
export async function readBeginning({ root, names }: UnitPlace, bytes: number): Promise<Buffer | undefined> {
  const folder = await openPlace({ root, names: names.slice(0, -1) });
  if (!folder) return undefined;
  try {
    const file = await openBelow(folder, names.at(-1) ?? "", FILE);
    if (typeof file === "string") return undefined;
    try {
      if (!(await file.stat()).isFile()) return undefined;
      const read = await file.read({ buffer: Buffer.alloc(bytes), position: 0 });
      return read.buffer.subarray(0, read.bytesRead);
    } finally {
      await file.close();
    }
  } finally {
    await folder.close();
  }
}

/** The folder at a place, open; undefined when it is not there. */
async function openPlace({ root, names }: UnitPlace): Promise<FileHandle | undefined> {
  let handle = await open(root, FOLDER & ~constants.O_NOFOLLOW);
  for (const name of names) {
    const above = handle;
    try {
      const below = await openBelow(above, name, FOLDER);
      if (typeof below === "string") return undefined;
      handle = below;
    } finally {
      await above.close();
    }
  }
  return handle;
}
