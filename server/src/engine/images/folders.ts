// Where images, their environments and what they download live.
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
