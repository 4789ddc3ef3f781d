// Where images, their environments and what they download live.
import { rename } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's images/. */
export const imagesFolder = fileURLToPath(new URL("../../../../images", import.meta.url));

export type Variables = Readonly<Record<string, string | undefined>>;

/** Folder for what can be downloaded again: environments of Python packages, uv. */
export function cacheFolder(environment: Variables): string {
  const { SAGEBRUSH_CACHE, XDG_CACHE_HOME } = environment;
  return SAGEBRUSH_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "sagebrush");
}

/** Moves a folder that is whole to its place. Where another process, or another job, was quicker, its folder stays. */
export async function moveIntoPlace(beside: string, folder: string): Promise<void> {
  try {
    await rename(beside, folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw cause;
  }
}
