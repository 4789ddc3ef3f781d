// File systems as a setting gives them: `fs-0123abcd=/srv/share,fs-89abcdef=/data`.
import { isAbsolute, resolve } from "node:path";

/** Shortest id that the API takes (FileSystemDataSource, FileSystemId). */
const SHORTEST_ID = 11;

/** Folder by id. @throws Error saying what was expected and what came */
export function parseFileSystems(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const item of text.split(",").map((part) => part.trim())) {
    if (item === "") continue;
    const [id = "", folder = ""] = [item.slice(0, item.indexOf("=")), item.slice(item.indexOf("=") + 1)].map((part) =>
      part.trim(),
    );
    if (!item.includes("=") || id.length < SHORTEST_ID || !isAbsolute(folder))
      throw new Error(
        `expected ID=FOLDER with an id of at least ${SHORTEST_ID} characters and an absolute path, such as fs-0123abcd=/srv/share, got ${JSON.stringify(item)}`,
      );
    if (found.has(id)) throw new Error(`the file system ${id} is named twice`);
    found.set(id, resolve(folder));
  }
  return found;
}
