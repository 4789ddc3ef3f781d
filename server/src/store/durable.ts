// Folders and files that are there after a power cut.
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes what has been created, renamed or removed in the folder lasting. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Makes the folder and those above it that are missing, each synced into the one above. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Replaces the file's contents as a whole, synced. */
export async function replaceFile(path: string, contents: string | Uint8Array): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, "w", 0o600);
  try {
    await file.writeFile(contents);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  await syncFolder(dirname(path));
}

const KEY_BYTES = 32;

/** The random key in a file of its owner alone, made and synced when the file is missing. @throws Error when it holds no key */
export async function keptKey(path: string): Promise<Buffer> {
  const found = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) {
    const key = randomBytes(KEY_BYTES);
    await replaceFile(path, key);
    return key;
  }
  if (found.length !== KEY_BYTES)
    throw new Error(
      `${path} must hold a key of ${KEY_BYTES} bytes, it holds ${found.length}: restore it from a backup.`,
    );
  return found;
}
