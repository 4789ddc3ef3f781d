// The Python of images/ as an image sees it: a copy in the cache folder, named by its content and compiled to byte code.
// A container that runs keeps its version when the checkout changes, and imports nothing that has to be compiled first.
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { runChecked } from "./command.ts";
import { cacheFolder, imagesFolder, moveIntoPlace, type Variables } from "./folders.ts";
import type { Python } from "./python.ts";

const notCopied = new Set(["tests", "environments", "__pycache__"]);

/** Folder that holds `images/`, ready to be mounted; made if this content has not been copied yet. */
export async function ensureSnapshot(python: Python, variables: Variables): Promise<string> {
  const files = await listFiles(imagesFolder);
  const hash = createHash("sha256").update(python.version);
  for (const file of files)
    hash
      .update(relative(imagesFolder, file))
      .update("\0")
      .update(await readFile(file));
  const folder = join(cacheFolder(variables), "images", hash.digest("hex").slice(0, 16));
  if (existsSync(folder)) return folder;
  const beside = `${folder}.${randomUUID()}.tmp`;
  try {
    for (const file of files) await cp(file, join(beside, "images", relative(imagesFolder, file)));
    await runChecked([
      python.executable,
      "-I",
      "-m",
      "compileall",
      "-q",
      "-s",
      beside,
      "--invalidation-mode",
      "unchecked-hash",
      beside,
    ]);
    await mkdir(join(folder, ".."), { recursive: true });
    await moveIntoPlace(beside, folder);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return folder;
}

/** Python and data files, in a stable order. */
async function listFiles(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !notCopied.has(entry.name)) found.push(...(await listFiles(path)));
    else if (entry.isFile()) found.push(path);
  }
  return found;
}
