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

/**
 * Makes the folder and those above it that are missing, each synced into the one above. Step by step: Node's recursive
 * mkdir answers ENOENT, whatever the disk said, and where a folder can never be (/proc) it tries for ever.
 */
export async function makeFolder(path: string): Promise<void> {
  const make = () => mkdir(path, { mode: 0o700 }).then(() => "made", codeOf);
  let outcome = await make();
  if (outcome === "ENOENT") {
    await makeFolder(dirname(path));
    outcome = await make();
    if (outcome === "ENOENT") throw new Error(`${dirname(path)} takes no folders, or is a link to nothing`);
  }
  if (outcome === "made") await syncFolder(dirname(path));
}

/** @throws what is neither of the two */
function codeOf(error: NodeJS.ErrnoException): "EEXIST" | "ENOENT" {
  if (error.code === "EEXIST" || error.code === "ENOENT") return error.code;
  throw error;
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
