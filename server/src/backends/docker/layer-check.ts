// What no honest tool writes into a layer is refused before the engine unpacks it. OCI image specification 1.1, layer.md.
import { basename, dirname, join } from "node:path";
import type { Header } from "tar-stream";

/** A layer that is not given to the engine, in words for people. */
export class LayerRefused extends Error {
  override readonly name = "LayerRefused";
}

const WHITEOUT = ".wh.";
/** Ids inside a unit end here. */
const HIGHEST_ID = 65_535;
/** More than any image has. */
const MOST_ENTRIES = 4_000_000;

export class LayerCheck {
  /** Files of the layers so far, to which a hard link may point. */
  readonly #files = new Set<string>();
  readonly #links = new Map<string, string>();
  #entries = 0;

  /** @throws LayerRefused */
  entry({ name, type, linkname, uid, gid }: Header): void {
    this.#entries += 1;
    if (this.#entries > MOST_ENTRIES) throw new LayerRefused(`It has more than ${MOST_ENTRIES} entries.`);
    const path = cleanPath(name);
    for (const id of [uid ?? 0, gid ?? 0])
      if (id > HIGHEST_ID) throw new LayerRefused(`${name} belongs to id ${id}; ids of a unit end at ${HIGHEST_ID}.`);
    if (basename(path).startsWith(WHITEOUT)) {
      const hidden = basename(path).slice(WHITEOUT.length);
      if (["", ".", ".."].includes(hidden)) throw new LayerRefused(`${name} is a whiteout that hides nothing.`);
    } else if (type === "link") {
      const target = cleanPath(linkname ?? "");
      if (!this.#files.has(this.#real(target)))
        throw new LayerRefused(`${name} is a hard link to ${linkname}, which is no file of the image.`);
      this.#files.add(this.#real(path));
    } else if (type === "symlink") {
      this.#links.set(this.#real(path), linkname ?? "");
      this.#files.add(this.#real(path));
    } else {
      this.#links.delete(this.#real(path)); // a folder or a file takes the place of a link
      if (type !== "directory") this.#files.add(this.#real(path));
    }
  }

  endLayer(): void {
    this.#entries = 0;
  }

  /** Where a path leads in the image: links on the way to its last part are followed, inside. */
  #real(path: string): string {
    const parts = dirname(path).split("/").reverse();
    const done: string[] = [];
    let links = 0;
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      if (part === "" || part === ".") continue;
      if (part === "..") {
        done.pop();
        continue;
      }
      const link = this.#links.get(`/${[...done, part].join("/")}`);
      if (link === undefined) done.push(part);
      else {
        links += 1;
        if (links > 40) throw new LayerRefused(`${path} leads round in a circle of links.`);
        if (link.startsWith("/")) done.length = 0;
        parts.push(...link.split("/").reverse());
      }
    }
    return `/${[...done, basename(path)].join("/")}`;
  }
}

/** @throws LayerRefused */
function cleanPath(name: string): string {
  if (name.split("/").includes(".."))
    throw new LayerRefused(`${JSON.stringify(name)} leads out of the folder it is in.`);
  return join("/", name);
}
