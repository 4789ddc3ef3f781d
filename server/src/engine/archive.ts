// tar.gz into a folder. Archives come from users: no entry may leave the folder, by name or by link, be a
// device, or fill the disk. Names and link rules follow what GNU tar refuses and the CVEs of those that did not.
import { createWriteStream } from "node:fs";
import { constants, link, mkdir, open, symlink } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";

/** What is wrong with an archive, in words for people, naming the entry. */
export class BadArchive extends Error {
  override readonly name = "BadArchive";
}

export interface ArchiveLimits {
  /** Bytes of all files together once unpacked. */
  readonly bytes: number;
  readonly entries: number;
}

/** More entries than any model has; far fewer than the inodes of a disk. */
export const DEFAULT_ENTRIES = 200_000;

/** Unpacks a gzipped tar into an existing folder. @throws BadArchive */
export async function unpackTarGz(
  source: Readable,
  folder: string,
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<void> {
  const entries = extract();
  const unpacking = unpackEntries(entries, new Unpacking(folder, limits));
  const flowing = pipeline(source, createGunzip(), entries, { signal });
  // An entry that is refused destroys the stream, so that both fail; the entry's own words come first.
  const [unpacked, flowed] = await Promise.allSettled([
    unpacking.catch((cause: Error) => {
      entries.destroy(cause);
      throw cause;
    }),
    flowing,
  ]);
  signal.throwIfAborted();
  if (unpacked.status === "rejected" && unpacked.reason instanceof BadArchive) throw unpacked.reason;
  if (flowed.status === "rejected") throw explained(flowed.reason);
  if (unpacked.status === "rejected") throw explained(unpacked.reason);
}

async function unpackEntries(entries: ReturnType<typeof extract>, unpacking: Unpacking): Promise<void> {
  for await (const entry of entries) await unpacking.add(entry.header, entry as unknown as Readable);
}

/** Errors of zlib and tar-stream in words for people; others (a full disk, a cut download) pass unchanged. */
function explained(cause: unknown): unknown {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "Z_BUF_ERROR") return new BadArchive("the archive is cut short");
  if (code?.startsWith("Z_")) return new BadArchive(`it is not a gzip archive or is damaged (${message})`);
  if (/unexpected end of data/i.test(message)) return new BadArchive("the archive is cut short");
  if (/tar header|invalid header|exceeds max/i.test(message)) return new BadArchive("it holds no valid tar archive");
  return cause;
}

/** State while one archive is unpacked: what was made so far, so that later entries cannot go through it. */
class Unpacking {
  readonly #folder: string;
  readonly #limits: ArchiveLimits;
  readonly #folders = new Set<string>([""]);
  readonly #files = new Set<string>();
  readonly #links = new Set<string>();
  #bytes = 0;
  #entries = 0;

  constructor(folder: string, limits: ArchiveLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  async add(header: Header, body: Readable): Promise<void> {
    this.#entries += 1;
    if (this.#entries > this.#limits.entries)
      throw new BadArchive(`it has more than ${this.#limits.entries} entries, at "${header.name}"`);
    const name = safeName(header.name);
    if (name === "") return void body.resume();
    await this.#makeFolder(posix.dirname(name) === "." ? "" : posix.dirname(name), header.name);
    switch (header.type) {
      case "directory":
        await this.#makeFolder(name, header.name);
        break;
      case "file":
      case "contiguous-file":
        return this.#writeFile(name, header, body);
      case "symlink":
        await this.#makeSymlink(name, header.linkname ?? "");
        break;
      case "link":
        await this.#makeLink(name, header.linkname ?? "");
        break;
      default:
        throw new BadArchive(`entry "${header.name}" is a ${header.type}; only files, folders and links are taken`);
    }
    body.resume();
  }

  async #makeFolder(name: string, entry: string): Promise<void> {
    if (this.#folders.has(name)) return;
    const parts = name.split("/");
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const part = parts.slice(0, depth).join("/");
      if (this.#folders.has(part)) continue;
      if (this.#links.has(part)) throw new BadArchive(`entry "${entry}" goes through the link "${part}"`);
      if (this.#files.has(part)) throw new BadArchive(`entry "${entry}" is below the file "${part}"`);
      await mkdir(join(this.#folder, part), { recursive: true });
      this.#folders.add(part);
    }
  }

  async #writeFile(name: string, header: Header, body: Readable): Promise<void> {
    this.#bytes += header.size ?? 0;
    if (this.#bytes > this.#limits.bytes)
      throw new BadArchive(`unpacked it is larger than ${this.#limits.bytes} bytes, at "${header.name}"`);
    this.#claim(name, header.name);
    const path = join(this.#folder, name);
    // O_EXCL: never into something that is there already, a link among it. Set-uid bits are dropped.
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const mode = ((header.mode ?? 0) & 0o111) === 0 ? 0o644 : 0o755;
    await pipeline(body, createWriteStream("", { fd: await open(path, flags, mode), autoClose: true }));
    this.#files.add(name);
  }

  async #makeSymlink(name: string, target: string): Promise<void> {
    if (!staysInside(posix.dirname(name), target))
      throw new BadArchive(`link "${name}" points out of the archive, to "${target}"`);
    this.#claim(name, name);
    await symlink(target, join(this.#folder, name));
    this.#links.add(name);
  }

  async #makeLink(name: string, target: string): Promise<void> {
    const source = safeName(target);
    if (!this.#files.has(source))
      throw new BadArchive(`hard link "${name}" points to "${target}", which is no earlier file of the archive`);
    this.#claim(name, name);
    await link(join(this.#folder, source), join(this.#folder, name));
    this.#files.add(name);
  }

  #claim(name: string, entry: string): void {
    if (this.#files.has(name) || this.#links.has(name) || this.#folders.has(name))
      throw new BadArchive(`entry "${entry}" appears twice`);
  }
}

/** Name relative to the folder, without `.` and empty parts. @throws BadArchive when it could leave the folder */
function safeName(name: string): string {
  if (name.includes("\0")) throw new BadArchive("an entry's name holds a zero byte");
  // SageMaker SDKs of 2020 call the folder itself "/" when they pack a model again with its code.
  if (name.startsWith("/") && name !== "/") throw new BadArchive(`entry "${name}" has an absolute path`);
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw new BadArchive(`entry "${name}" leaves the folder`);
  return parts.join("/");
}

/**
 * Whether a symbolic link in `folder` stays in the archive. `..` is taken only at the start of the target: after a
 * name it could step out of a link that points to a folder higher up.
 */
export function staysInside(folder: string, target: string): boolean {
  if (target === "" || target.includes("\0") || target.startsWith("/")) return false;
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const ups = parts.findIndex((part) => part !== "..");
  const leading = ups === -1 ? parts.length : ups;
  const depth = folder === "." || folder === "" ? 0 : folder.split("/").length;
  return leading <= depth && !parts.slice(leading).includes("..");
}
