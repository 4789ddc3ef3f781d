// Libraries of Java that an environment has beside its packages, as its jars.txt names them: kept in the cache folder by
// the hash of that file. A machine that cannot fetch them has the image without; what they are for then says so.
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { run } from "./command.ts";
import type { Environment, EnvironmentOptions } from "./environments.ts";
import { cacheFolder, imagesFolder, moveIntoPlace } from "./folders.ts";

const JARS_LOCK = "jars.txt";

/**
 * Folder of the libraries of a lock folder, filled if they can be had; undefined if there is no jars.txt. It is looked into
 * by each job anew, so that what is brought later is seen.
 */
export async function ensureJars(
  lockFolder: string,
  environment: Environment,
  { variables, progress }: EnvironmentOptions,
): Promise<string | undefined> {
  const lock = join(lockFolder, JARS_LOCK);
  if (!existsSync(lock)) return undefined;
  const name = basename(lockFolder);
  const hash = createHash("sha256")
    .update(await readFile(lock))
    .digest("hex");
  const folder = join(cacheFolder(variables), "jars", `${name}-${hash.slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  progress(`Environment ${name}: fetching libraries of Java (once) ...`);
  const beside = `${folder}.${randomUUID()}.tmp`;
  await mkdir(beside, { recursive: true });
  try {
    const { code, stderr } = await run(
      [join(environment.folder, "bin", "python"), "-m", `images.${name}.jars`, lock, beside],
      { environment: { ...variables, PYTHONPATH: dirname(imagesFolder), PYTHONDONTWRITEBYTECODE: "1" } },
    );
    if (code === 0) await moveIntoPlace(beside, folder);
    if (code !== 0) progress(`Environment ${name} has no libraries of Java: ${stderr.trim()}`);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return folder;
}
