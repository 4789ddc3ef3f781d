// File systems as a setting gives them: `fs-0123abcd=/srv/share,fs-89abcdef=/data`, in the file a table of the same.
import { isAbsolute, resolve } from "node:path";

/** As the API takes it (FileSystemDataSource, FileSystemId). */
const ID = /^fs-[0-9a-f]{8,18}$/;

/** Folder by id. @throws Error saying what was expected and what came */
export function parseFileSystems(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const item of itemsOf(text)) {
    if (item === "") continue;
    const [id = "", folder = ""] = [item.slice(0, item.indexOf("=")), item.slice(item.indexOf("=") + 1)].map((part) =>
      part.trim(),
    );
    if (!item.includes("=") || !ID.test(id) || !isAbsolute(folder))
      throw new Error(
        `expected ID=FOLDER with an id of fs- and 8 to 18 hexadecimal digits and an absolute path, such as fs-0123abcd=/srv/share, got ${JSON.stringify(item)}`,
      );
    if (found.has(id)) throw new Error(`the file system ${id} is named twice`);
    found.set(id, resolve(folder));
  }
  return found;
}

/** A table of the file comes as JSON. */
function itemsOf(text: string): readonly string[] {
  if (!text.startsWith("{")) return text.split(",").map((part) => part.trim());
  return Object.entries(JSON.parse(text) as Readonly<Record<string, unknown>>).map(([id, folder]) => `${id}=${folder}`);
}
