// A layer applied to the folder that is this process's root: entries of its tar one by one, with whiteouts.
// OCI image specification 1.1, layer.md. Runs after chroot(2) (extract.ts): no path and no link leads out of the folder.
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/** What a header of tar says of an entry. */
export interface LayerHeader {
  readonly name: string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Date;
  readonly linkname: string | null;
}

export interface TreeOptions {
  /** Added to the ids of entries; undefined where everything belongs to whoever runs this. */
  readonly firstId: number | undefined;
  /** Bytes that files may have together. */
  readonly limitBytes: number;
}

/** A layer that is not applied, in words for people. */
export class LayerRefused extends Error {
  override readonly name = "LayerRefused";
}

const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
/** Further names of AUFS, which made the form. */
const AUFS = ".wh..wh.";
/** Ids inside a unit end here. */
const HIGHEST_ID = 65_535;
/** More than any image has; each takes an inode. */
const MOST_ENTRIES = 4_000_000;
const MODE_BITS = 0o7777;

export class LayerTree {
  readonly #options: TreeOptions;
  /** Paths of this layer, and the folders above them. */
  readonly #touched = new Set<string>();
  readonly #folderTimes = new Map<string, Date>();
  #parent: { readonly named: string; readonly real: string } | undefined;
  #writtenBytes = 0;
  #entries = 0;
  /** Devices, which no unit could make; the sandbox has its own. */
  skipped = 0;

  constructor(options: TreeOptions) {
    this.#options = options;
  }

  /** Begins an entry; the result takes its bytes and then ends it. @throws LayerRefused */
  entry(header: LayerHeader): { readonly write: (bytes: Uint8Array) => void; readonly end: () => void } {
    this.#entries += 1;
    if (this.#entries > MOST_ENTRIES) throw new LayerRefused(`It has more than ${MOST_ENTRIES} entries.`);
    const name = cleanPath(header.name);
    const nothing = { write: () => undefined, end: () => undefined };
    if (name === "/") {
      if (header.type === "directory") this.#settleFolder(name, header);
      return nothing;
    }
    const path = join(this.#realParent(dirname(name)), basename(name));
    if (basename(name).startsWith(WHITEOUT)) {
      this.#whiteout(path, header.name);
      return nothing;
    }
    return this.#make(path, header) ?? nothing;
  }

  /** Times of folders, which what is put into them changes. */
  finish(): void {
    for (const [path, time] of this.#folderTimes)
      if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) utimesSync(path, time, time);
  }

  #make(path: string, header: LayerHeader): ReturnType<LayerTree["entry"]> | undefined {
    switch (header.type) {
      case "directory":
        this.#clear(path, true);
        if (!lstatSync(path, { throwIfNoEntry: false })) mkdirSync(path);
        this.#settleFolder(path, header);
        break;
      case "file":
      case "contiguous-file":
        return this.#file(path, header);
      case "symlink":
        this.#clear(path, false);
        symlinkSync(header.linkname ?? "", path);
        this.#own(path, header);
        lutimesSync(path, header.mtime, header.mtime);
        break;
      case "link":
        this.#link(path, header);
        break;
      case "character-device":
      case "block-device":
      case "fifo":
        this.skipped += 1;
        return undefined;
      default:
        throw new LayerRefused(`${header.name} is of a kind (${header.type}) that no layer has.`);
    }
    this.#touch(path);
    return undefined;
  }

  #file(path: string, header: LayerHeader): ReturnType<LayerTree["entry"]> {
    this.#clear(path, false);
    const file = openSync(path, "wx", 0o600);
    this.#touch(path);
    return {
      write: (bytes) => {
        this.#writtenBytes += bytes.length;
        if (this.#writtenBytes > this.#options.limitBytes)
          throw new LayerRefused(
            `There is no room for it on the disk: its files have more than the ${this.#options.limitBytes} bytes that are free.`,
          );
        for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(writeSync(file, rest));
      },
      end: () => {
        const { firstId } = this.#options;
        if (firstId !== undefined)
          fchownSync(file, firstId + idOf(header.uid, header), firstId + idOf(header.gid, header));
        fchmodSync(file, header.mode & MODE_BITS);
        futimesSync(file, header.mtime, header.mtime);
        closeSync(file);
      },
    };
  }

  #link(path: string, header: LayerHeader): void {
    const target = cleanPath(header.linkname ?? "");
    const source = join(this.#realParent(dirname(target)), basename(target));
    const facts = lstatSync(source, { throwIfNoEntry: false });
    if (!facts || facts.isDirectory())
      throw new LayerRefused(`${header.name} is a hard link to ${header.linkname}, which is no file of the image.`);
    if (source === path) return;
    this.#clear(path, false);
    linkSync(source, path);
  }

  /** Makes way: a folder stays where a folder comes. */
  #clear(path: string, isFolder: boolean): void {
    const facts = lstatSync(path, { throwIfNoEntry: false });
    if (!facts || (isFolder && facts.isDirectory())) return;
    this.#parent = undefined;
    if (facts.isDirectory()) rmSync(path, { recursive: true });
    else unlinkSync(path);
  }

  /** A whiteout hides what lower layers have, never what this one brings, in whatever order. */
  #whiteout(path: string, named: string): void {
    const name = basename(path);
    const folder = dirname(path);
    if (name === OPAQUE) {
      for (const child of readdirSync(folder)) this.#removeLower(join(folder, child));
      this.#touch(folder);
      return;
    }
    if (name.startsWith(AUFS)) return;
    const hidden = name.slice(WHITEOUT.length);
    if (hidden === "" || hidden === "." || hidden === "..")
      throw new LayerRefused(`${named} is a whiteout that hides nothing.`);
    this.#removeLower(join(folder, hidden));
  }

  #removeLower(path: string): void {
    const facts = lstatSync(path, { throwIfNoEntry: false });
    if (!facts) return;
    this.#parent = undefined;
    if (!this.#touched.has(path)) rmSync(path, { recursive: true });
    else if (facts.isDirectory()) for (const child of readdirSync(path)) this.#removeLower(join(path, child));
  }

  #settleFolder(path: string, header: LayerHeader): void {
    this.#own(path, header);
    chmodSync(path, header.mode & MODE_BITS);
    this.#folderTimes.set(path, header.mtime);
  }

  #own(path: string, header: LayerHeader): void {
    const { firstId } = this.#options;
    if (firstId !== undefined) lchownSync(path, firstId + idOf(header.uid, header), firstId + idOf(header.gid, header));
  }

  #touch(path: string): void {
    for (let each = path; !this.#touched.has(each); each = dirname(each)) this.#touched.add(each);
  }

  /** The folder behind a name, links followed inside the image; made when it is not there, as for a file above a file. */
  #realParent(named: string): string {
    if (this.#parent?.named === named) return this.#parent.real;
    let real = "/";
    for (const part of named.split("/").filter(Boolean)) {
      const path = join(real, part);
      if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) this.#makeParent(path);
      real = realpathSync(path);
    }
    this.#parent = { named, real };
    return real;
  }

  #makeParent(path: string): void {
    this.#clear(path, true);
    mkdirSync(path, 0o755);
    const { firstId } = this.#options;
    if (firstId !== undefined) lchownSync(path, firstId, firstId);
    this.#touch(path);
  }
}

/** Absolute, without `.`. @throws LayerRefused for `..`, which no tool that makes layers writes */
function cleanPath(name: string): string {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..") || name.includes("\0"))
    throw new LayerRefused(`${JSON.stringify(name)} leads out of the folder it is in.`);
  return `/${parts.join("/")}`;
}

function idOf(id: number, { name }: LayerHeader): number {
  if (id >= 0 && id <= HIGHEST_ID) return id;
  throw new LayerRefused(`${name} belongs to id ${id}; a unit has the ids 0 to ${HIGHEST_ID}.`);
}
