// A folder that a container has left, as tar.gz. Nobody vouches for what is in it: files of holes, any number of them,
// nested to any depth, links to anywhere, names and times that an archive cannot say.
import { createReadStream, type Stats } from "node:fs";
import { constants, lstat, open, opendir, readlink } from "node:fs/promises";
import { join, posix } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Header, pack } from "tar-stream";
import { DEFAULT_ENTRIES, staysInside } from "./archive.ts";

/** A folder that cannot be packed, in words for people, naming the entry. */
export class CannotPack extends Error {
  override readonly name = "CannotPack";
}

/** One of the folders that are packed into one archive. */
export interface Tree {
  /** Whose it is, for notes: a host's name. */
  readonly owner: string;
  readonly path: string;
}

export interface PackedTree {
  /** The gzipped tar. Reading it to the end is what packs. */
  readonly body: Readable;
  /** What was left out and why, in words for the owner's log; complete once the body has ended. */
  readonly skipped: readonly { readonly owner: string; readonly text: string }[];
}

export interface PackOptions {
  /** Where the container saw the folder, for absolute links. */
  readonly seenAs: string;
  /** Of compression, 1 to 9. */
  readonly level: number;
  /** Of all files together: one of holes takes no disk. */
  readonly mostBytes: number;
  /** Files, folders and links. As many as are taken when the archive is unpacked. */
  readonly mostEntries?: number;
}

/**
 * Packs everything below the folders as if it lay in one; of several files of one name the last folder's is taken, and noted.
 * Links are kept as links when they stay inside, otherwise left out: following one would read files of the host. Without a
 * folder the archive is empty. Reading the body throws `CannotPack`.
 */
export function packTarGz(trees: readonly Tree[], options: PackOptions): PackedTree {
  const gzip = createGzip({ level: options.level });
  const packing = new Packing(trees, options);
  packing.run().catch((cause: Error) => packing.archive.destroy(cause));
  // Whoever reads the body hears of it.
  pipeline(packing.archive, gzip).catch(() => undefined);
  return { body: Readable.from(explained(gzip, packing)), skipped: packing.skipped };
}

async function* explained(body: AsyncIterable<Buffer>, packing: Packing): AsyncIterable<Buffer> {
  try {
    yield* body;
  } catch (cause) {
    throw packing.explained(cause as Error);
  }
}

/** What is said of an entry; tar-stream fills in the rest. */
type EntryHeader = Pick<Header, "name"> & Partial<Header>;

/** Latest time that tar-stream can write; it cuts seconds to 32 bits. */
const LATEST_MS = (2 ** 31 - 1) * 1000;
/** What stands in a name for bytes that are not UTF-8. */
const UNREADABLE = "\ufffd";

/** A name in the archive, and the folders that have it, the one that is taken last. */
interface Candidate {
  readonly name: string;
  readonly trees: readonly Tree[];
}

class Packing {
  readonly archive = pack();
  readonly skipped: { readonly owner: string; readonly text: string }[] = [];
  readonly #trees: readonly Tree[];
  readonly #options: Required<PackOptions>;
  #bytes = 0;
  #entries = 0;
  /** What is being packed. */
  #name = "";

  constructor(trees: readonly Tree[], options: PackOptions) {
    this.#trees = trees;
    this.#options = { mostEntries: DEFAULT_ENTRIES, ...options };
  }

  /** Names in byte order, parents first. The list of folders to come back to is as long as they are nested. */
  async run(): Promise<void> {
    const left = [await this.#namesIn("", this.#trees)];
    for (let names = left.at(-1); names; names = left.at(-1)) {
      const next = names.pop();
      if (next === undefined) left.pop();
      else {
        const folders = await this.#add(next);
        if (folders.length > 0) left.push(await this.#namesIn(next.name, folders));
      }
    }
    this.archive.finalize();
  }

  /** Errors in words for people, where the folder is the cause. */
  explained(cause: Error): Error {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENAMETOOLONG")
      return new CannotPack("the path of a file is too long, folders are nested too deep", { cause });
    if (code === "ENOENT" || message === "Size mismatch")
      return new CannotPack(`"${this.#name}" changed while it was packed`, { cause });
    return cause;
  }

  /** Names in the folder, the first last. */
  async #namesIn(below: string, trees: readonly Tree[]): Promise<Candidate[]> {
    this.#name = below;
    const found = new Map<string, Tree[]>();
    for (const tree of trees)
      for await (const { name } of await opendir(join(tree.path, below), { bufferSize: 1024 })) {
        const path = posix.join(below, name);
        const before = found.get(path);
        if (before) before.push(tree);
        else found.set(path, [tree]);
        this.#entries += before ? 0 : 1;
        if (this.#entries > this.#options.mostEntries)
          throw new CannotPack(`it has more than ${this.#options.mostEntries} files and folders`);
      }
    return [...found]
      .map(([name, owners]) => ({ name, trees: owners }))
      .sort((one, other) => (one.name < other.name ? 1 : -1));
  }

  /** Returns the folders of this name, whose contents come next. */
  async #add({ name, trees }: Candidate): Promise<readonly Tree[]> {
    this.#name = name;
    const all: { readonly tree: Tree; readonly facts: Stats }[] = [];
    for (const tree of trees) {
      const facts = await this.#factsOf(join(tree.path, name), name);
      if (facts) all.push({ tree, facts });
      else this.skipped.push({ owner: tree.owner, text: `${name}: its name is not UTF-8` });
    }
    const taken = all.at(-1);
    if (!taken) return [];
    const { tree, facts } = taken;
    const folders = facts.isDirectory() ? all.filter((each) => each.facts.isDirectory()) : [];
    for (const each of all)
      if (each !== taken && !folders.includes(each))
        this.skipped.push({
          owner: each.tree.owner,
          text: `${name}: that of ${tree.owner} has the same name and is taken`,
        });
    const path = join(tree.path, name);
    const mtime = new Date(Math.min(Math.max(facts.mtimeMs, 0), LATEST_MS));
    const header = { name, mtime, mode: facts.mode & 0o777, uid: 0, gid: 0 };
    if (facts.isDirectory()) await this.#entry({ ...header, type: "directory" });
    else if (facts.isSymbolicLink()) await this.#addLink(path, header, tree.owner);
    else if (facts.isFile()) await this.#addFile(path, header, facts.size);
    else this.skipped.push({ owner: tree.owner, text: `${name}: neither file, folder nor link` });
    return folders.map((each) => each.tree);
  }

  /** Undefined for a name that no text can say. */
  async #factsOf(path: string, name: string): Promise<Stats | undefined> {
    return lstat(path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT" && name.includes(UNREADABLE)) return undefined;
      throw cause;
    });
  }

  #entry(header: EntryHeader): Promise<void> {
    return new Promise((resolve, reject) => this.archive.entry(header, (cause) => (cause ? reject(cause) : resolve())));
  }

  async #addLink(path: string, header: EntryHeader, owner: string): Promise<void> {
    const { name } = header;
    const { seenAs } = this.#options;
    const given = await readlink(path);
    const from = posix.dirname(name);
    const inside = given.startsWith(`${seenAs}/`) ? posix.relative(posix.join(seenAs, from), given) : given;
    const leftOut = (why: string) => this.skipped.push({ owner, text: `${name}: a link ${why}` });
    if (given.includes(UNREADABLE)) leftOut(`to ${given}, which is not UTF-8`);
    else if (!staysInside(from, inside)) leftOut(`out of ${seenAs}, to ${given}`);
    else await this.#entry({ ...header, type: "symlink", linkname: inside });
  }

  async #addFile(path: string, header: EntryHeader, size: number): Promise<void> {
    this.#bytes += size;
    if (this.#bytes > this.#options.mostBytes)
      throw new CannotPack(`with "${header.name}" of ${size} bytes its files are too large`);
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      await new Promise<void>((resolve, reject) => {
        const done = (cause?: Error | null) => (cause ? reject(cause) : resolve());
        if (size === 0) return void this.archive.entry({ ...header, type: "file" }, "", done);
        const sink = this.archive.entry({ ...header, size, type: "file" }, done);
        // A size is promised in the header, so exactly that many bytes are read even if the file has grown since.
        pipeline(createReadStream("", { fd: file, end: size - 1, autoClose: false }), sink).catch(reject);
      });
    } finally {
      await file.close();
    }
  }
}
