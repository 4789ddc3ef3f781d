// How much a unit has written, by looking.
import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";

/** Bytes allocated below a folder; stops counting above `enough`. Entries that vanish meanwhile count nothing. */
export async function diskUse(folder: string, enough: number): Promise<number> {
  let bytes = 0;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined && bytes <= enough; next = folders.pop()) {
    const entries = await opendir(next).catch(() => undefined);
    if (!entries) continue;
    for await (const entry of entries) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else
        bytes += await lstat(path).then(
          ({ blocks }) => blocks * 512,
          () => 0,
        );
    }
  }
  return bytes;
}
