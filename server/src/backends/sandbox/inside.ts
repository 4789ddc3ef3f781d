// Paths of an image, followed as its own programs would: links of the image lead to places of the image only.
// The image is read-only and nobody writes it, so what is found stays true.
import { lstatSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { isMissing } from "../shared/system-calls.ts";

/** Links followed in one path. path_resolution(7) */
const MOST_LINKS = 40;

/** A path that leads round in a circle. */
export class TooManyLinks extends Error {
  override readonly name = "TooManyLinks";
}

/**
 * The absolute path inside without any link on it; what is not there stays as it was named. @throws TooManyLinks, and
 * errors of the disk
 */
export function pathInside(root: string, path: string): string {
  const done: string[] = [];
  const rest = path.split("/").reverse();
  let links = 0;
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      done.pop();
      continue;
    }
    const link = linkAt(join(root, ...done, part));
    if (link === undefined) {
      done.push(part);
      continue;
    }
    links += 1;
    if (links > MOST_LINKS) throw new TooManyLinks(`${path} of the image is a circle of links.`);
    if (link.startsWith("/")) done.length = 0;
    rest.push(...link.split("/").reverse());
  }
  return `/${done.join("/")}`;
}

/** A small text file of the image; empty when it is none. */
export function fileInside(root: string, path: string, limitBytes: number): string {
  const file = join(root, pathInside(root, path));
  const facts = lstatSync(file, { throwIfNoEntry: false });
  return facts?.isFile() && facts.size <= limitBytes ? readFileSync(file, "utf8") : "";
}

function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch (error) {
    if (isMissing(error) || (error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}
