// A folder of a container and a place in S3 kept in step: S3 to the folder before the program starts, the folder to S3 while
// it runs and once more when it has ended. Nothing is ever deleted in S3.
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import type { Principal } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { ObjectReference, Objects } from "../../../core/ports.ts";
import { DEFAULT_ENTRIES } from "../../../engine/archive.ts";
import { JobFailure, type UnitPlace } from "../../../engine/job-kind.ts";
import { replaceFile } from "../../../store/durable.ts";
import { atOnce } from "./at-once.ts";
import { fileProblem } from "./copy-inputs.ts";
import { safeName } from "./inputs.ts";
import { type FoundFile, walkFiles } from "./open-folder.ts";
import { parseS3Uri, type S3Place, s3Uri } from "./s3-uri.ts";

/** Time between two looks at the folder; a file that both find the same is taken to be written. */
const LOOK_MS = 1000;

/** Files in a folder at most unless said otherwise, as many as are unpacked where a model serves. */
const MOST_FILES = DEFAULT_ENTRIES;

/** Share of time that looking may take, of a folder of very many files; what is found is copied without delay. */
const EFFORT = 0.1;

/** Objects copied into the folder, or out of it, at once. */
const COPIES_AT_ONCE = 8;

export interface FolderSyncParts {
  readonly objects: Objects;
  /** Whose rights are used, as of now. */
  readonly principal: () => Promise<Principal>;
  /** Of the principal, for texts. */
  readonly roleArn: string;
  /** `s3://bucket/folder`, with or without a slash at its end. */
  readonly uri: string;
  /** File in which it is kept what S3 has, so that after a restart of the server nothing older goes over something newer. */
  readonly state: string;
  /** What is in the folder, for texts: `Checkpoint`. */
  readonly what: string;
  /** Of all files together: one of holes takes no disk. */
  readonly mostBytes: number;
  readonly mostFiles?: number;
  readonly kmsKeyId?: string | undefined;
  readonly signal: AbortSignal;
}

/** What tells one version of a file from another, by file name. */
type Versions = Record<string, string>;

const versionOf = ({ size, mtimeMs, ino }: FoundFile["facts"]): string => `${size} ${mtimeMs} ${ino}`;

/**
 * Copies what is below the place in S3 into a folder where no program runs yet; repeating it does it again.
 * @throws JobFailure ClientError naming the object that cannot be read or cannot be a file
 */
export async function fillFolder(parts: FolderSyncParts, folder: string): Promise<void> {
  const { objects, uri, what, roleArn, signal } = parts;
  const failed = (place: string, cause: Error) =>
    new JobFailure(
      `ClientError: ${what} download failed: ${place} cannot be read by the role ${roleArn}: ${cause.message}`,
    );
  const place = folderPlace(uri, what);
  const found: { readonly object: ObjectReference; readonly name: string }[] = [];
  await mkdir(folder, { recursive: true });
  await clientErrors(uri, failed, async () => {
    // A key that ends in a slash is a folder as consoles make them.
    for await (const { bucket, key } of objects.list(await parts.principal(), place.bucket, place.key))
      if (!key.endsWith("/"))
        found.push({ object: { bucket, key }, name: safeName(key.slice(place.key.length), { bucket, key }) });
  });
  const versions: Versions = {};
  await atOnce(found, COPIES_AT_ONCE, async ({ object, name }) => {
    signal.throwIfAborted();
    const principal = await parts.principal();
    const path = join(folder, name);
    try {
      await mkdir(dirname(path), { recursive: true });
      await rm(path, { force: true }); // of an earlier try, perhaps half written
      await clientErrors(s3Uri(object), failed, () => objects.copyToFile(principal, object, path, signal));
      versions[name] = versionOf(await stat(path));
    } catch (cause) {
      const problem = fileProblem(object, cause);
      throw problem === undefined ? cause : new JobFailure(`ClientError: ${what} download failed: ${problem}`);
    }
  });
  await replaceFile(parts.state, JSON.stringify(versions));
}

/** @throws JobFailure for what is no place in S3 */
function folderPlace(uri: string, what: string): S3Place {
  const place = parseS3Uri(uri);
  if (!place)
    throw new JobFailure(`ClientError: ${what}: expected an S3 URI of the form s3://bucket/prefix, got "${uri}".`);
  return { bucket: place.bucket, key: place.key === "" || place.key.endsWith("/") ? place.key : `${place.key}/` };
}

/** @throws JobFailure in the words of `failed` for what the caller of S3 is to be blamed for */
async function clientErrors<Value>(
  place: string,
  failed: (place: string, cause: Error) => JobFailure,
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ApiError && cause.status < 500) throw failed(place, cause);
    throw cause;
  }
}

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
  const { signal } = parts;
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
  /** Told once of each file that is left out, and why. */
  readonly skipped: (name: string, why: string) => void;
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
        signal: this.#parts.signal,
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
    const { objects, principal, roleArn, what, kmsKeyId, signal } = this.#parts;
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
      await clientErrors(s3Uri(object), failed, async () => objects.put(await principal(), to, body, signal));
      return true;
    } catch (cause) {
      if (isChanging) return false;
      throw cause;
    }
  }

  #skip(name: string, why: string): void {
    if (this.#told.has(name)) return;
    this.#told.add(name);
    this.#parts.skipped(name, why);
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
