// The folder to S3, while the program runs and once more when it has ended. Nothing is ever deleted in S3.
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { DEFAULT_ENTRIES } from "../../../../engine/archive.ts";
import { JobFailure, type UnitPlace } from "../../../../engine/job-kind.ts";
import { replaceFile } from "../../../../store/durable.ts";
import { type FoundFile, walkFiles } from "../open-folder.ts";
import { type S3Place, s3Uri } from "../s3-uri.ts";
import {
  COPIES_AT_ONCE,
  clientErrors,
  type FolderSyncParts,
  folderPlace,
  principalOf,
  type Versions,
  versionOf,
} from "./synced.ts";

/** Time between two looks at the folder; a file that both find the same is taken to be written. */
const LOOK_MS = 1000;

/** Files in a folder at most unless said otherwise, as many as are unpacked where a model serves. */
const MOST_FILES = DEFAULT_ENTRIES;

/** Share of time that looking may take, of a folder of very many files; what is found is copied without delay. */
const EFFORT = 0.1;

/** A file was written to while it was read; it is read again later. */
class StillWritten extends Error {
  override readonly name = "StillWritten";
}

/**
 * Puts what is in the folder, and changes there, into S3 until `over`, and then once more whatever is not there yet. A file
 * goes when two looks have found it the same, and its object is replaced only by a version that was read whole; links are
 * left out. Our own failures are tried again with the next look, but for the last.
 * @throws JobFailure ClientError naming the object that cannot be written
 */
export async function keepFolder(
  parts: LookParts & {
    readonly place: UnitPlace;
    /** Resolves when nothing writes to the folder any more. */
    readonly over: Promise<void>;
  },
): Promise<void> {
  const sync = new FolderSync(parts, await readVersions(parts.state));
  const { signal } = parts.work;
  let isOver = false;
  const over = parts.over.then(() => {
    isOver = true;
  });
  for (let waitMs = 0; !isOver; ) {
    await Promise.race([over, pause(waitMs, signal)]);
    signal.throwIfAborted();
    if (isOver) break;
    const began = performance.now();
    const copiedMs = sync.copying.ms;
    await sync.look(parts.place, false).catch((cause: unknown) => {
      if (cause instanceof JobFailure || signal.aborted) throw cause;
    });
    const lookingMs = performance.now() - began - (sync.copying.ms - copiedMs);
    waitMs = Math.max(LOOK_MS, lookingMs / EFFORT);
  }
  await sync.look(parts.place, true);
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  setTimeout(milliseconds, undefined, { signal, ref: false });

async function readVersions(path: string): Promise<Versions> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Versions;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw cause;
  }
}

interface LookParts extends FolderSyncParts {
  /** Where each file that is left out is named once. */
  readonly log: { readonly group: string; readonly stream: string };
  /** What it is left out of: `the checkpoints`. */
  readonly whole: string;
}

/** Time in which something was under way, however much at once. */
class BusyTime {
  ms = 0;
  #count = 0;
  #since = 0;

  async during<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#count === 0) this.#since = performance.now();
    this.#count += 1;
    try {
      return await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) this.ms += performance.now() - this.#since;
    }
  }
}

class FolderSync {
  readonly copying = new BusyTime();
  readonly #parts: LookParts;
  readonly #place: S3Place;
  /** What S3 has. */
  readonly #stored: Versions;
  /** What the look before has found new. */
  #fresh: Versions = {};
  readonly #told = new Set<string>();

  constructor(parts: LookParts, stored: Versions) {
    this.#parts = parts;
    this.#place = folderPlace(parts.uri, parts.what);
    this.#stored = stored;
  }

  /** Looks at every file; `last`: nothing writes to them any more. */
  async look(place: UnitPlace, last: boolean): Promise<void> {
    const fresh: Versions = {};
    let hasStored = false;
    let files = 0;
    let bytes = 0;
    try {
      await walkFiles(place, {
        signal: this.#parts.work.signal,
        atOnce: COPIES_AT_ONCE,
        skipped: (name, why) => this.#skip(name, why),
        file: async (found) => {
          files += 1;
          bytes += found.facts.size;
          this.#checkSize(found.name, files, bytes);
          const version = versionOf(found.facts);
          if (this.#stored[found.name] === version) return;
          const isWritten = last || this.#fresh[found.name] === version;
          fresh[found.name] = version;
          if (!isWritten || !(await this.copying.during(() => this.#put(found)))) return;
          this.#stored[found.name] = version;
          hasStored = true;
        },
      });
    } finally {
      this.#fresh = fresh;
      if (hasStored) await replaceFile(this.#parts.state, JSON.stringify(this.#stored));
    }
  }

  /** @throws JobFailure when the folder holds more than can be kept */
  #checkSize(name: string, files: number, bytes: number): void {
    const { what, mostBytes, mostFiles = MOST_FILES } = this.#parts;
    if (files > mostFiles)
      throw new JobFailure(`ClientError: ${what} upload failed: there are more than ${mostFiles} files.`);
    if (bytes > mostBytes)
      throw new JobFailure(
        `ClientError: ${what} upload failed: with "${name}" the files have more than ${mostBytes} bytes.`,
      );
  }

  /** Returns false when the file changed meanwhile. */
  async #put(found: FoundFile): Promise<boolean> {
    const { objects, work, roleArn, what, kmsKeyId } = this.#parts;
    const object = { bucket: this.#place.bucket, key: this.#place.key + found.name };
    const failed = (place: string, cause: Error) =>
      new JobFailure(
        `ClientError: ${what} upload failed: ${place} cannot be written by the role ${roleArn}: ${cause.message}`,
      );
    let isChanging = false;
    const body = Readable.from(
      contentOf(found, () => (isChanging = true)),
      { objectMode: false },
    );
    try {
      const to = { ...object, contentType: "application/octet-stream", ...(kmsKeyId ? { kmsKeyId } : {}) };
      await clientErrors(s3Uri(object), failed, async () =>
        objects.put(await principalOf(this.#parts), to, body, work.signal),
      );
      return true;
    } catch (cause) {
      if (isChanging) return false;
      throw cause;
    }
  }

  #skip(name: string, why: string): void {
    if (this.#told.has(name)) return;
    this.#told.add(name);
    const { work, log, whole } = this.#parts;
    // A line that is lost is no reason to end the job.
    work.note(log, `Left out of ${whole}: ${name}: ${why}.`).catch(() => undefined);
  }
}

/** The bytes of one version of a file, or an error at their end: an object whose body does not end well is not made. */
async function* contentOf({ name, handle, facts }: FoundFile, changing: () => void): AsyncIterable<Buffer> {
  if (facts.size > 0)
    yield* handle.createReadStream({ start: 0, end: facts.size - 1, autoClose: false }) as AsyncIterable<Buffer>;
  if (versionOf(await handle.stat()) === versionOf(facts)) return;
  changing();
  throw new StillWritten(`${name} changed while it was read.`);
}
