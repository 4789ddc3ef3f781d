// Environments of Python packages, each made of one lock file, kept in the cache folder and shared by images.
import { createHash, randomUUID } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { runChecked } from "./command.ts";
import { cacheFolder, moveIntoPlace, type Variables } from "./folders.ts";
import { findPython, type Python } from "./python.ts";
import { ensureUv, type Progress } from "./uv.ts";

export const LOCK_FILE = "requirements.txt";
/** What an install that was cut short left behind is removed when it is this old. */
const ABANDONED_MILLISECONDS = 24 * 60 * 60 * 1000;

export interface Environment {
  /** `xgboost-3f2a…`: name and hash of the lock file. */
  readonly id: string;
  readonly folder: string;
  readonly python: Python;
}

export interface EnvironmentOptions {
  readonly variables: Variables;
  readonly progress: Progress;
}

/** Where the environment of a lock folder is or will be. Changes with the lock file and the version of Python. */
export async function environmentFolder(lockFolder: string, python: Python, variables: Variables): Promise<string> {
  const lock = await readFile(join(lockFolder, LOCK_FILE));
  const hash = createHash("sha256").update(lock).update(python.executable).update(python.version).digest("hex");
  return join(cacheFolder(variables), "environments", `${basename(lockFolder)}-${hash.slice(0, 16)}`);
}

/**
 * The environment of a folder that holds a requirements.txt with hashes; installs it if it is not there yet.
 *
 * It is built beside its place and moved there when it is whole, so that a half-made one is never seen: relocatable
 * environments hold no path of their own. Two processes at once both build; the second one's work is dropped.
 * @throws Error if no Python, no uv or no package registry can be reached.
 */
export async function ensureEnvironment(lockFolder: string, options: EnvironmentOptions): Promise<Environment> {
  const { variables, progress } = options;
  const python = await findPython(variables);
  const folder = await environmentFolder(lockFolder, python, variables);
  const environment = { id: basename(folder), folder, python };
  if (existsSync(join(folder, "bin", "python"))) return environment;
  const started = performance.now();
  const name = basename(lockFolder);
  progress(`Environment ${name}: installing its packages (once) ...`);
  const cache = cacheFolder(variables);
  const uv = await ensureUv({ cache, python, progress });
  await mkdir(join(cache, "environments"), { recursive: true });
  await removeAbandoned(join(cache, "environments"));
  const beside = `${folder}.${randomUUID()}.tmp`;
  try {
    await build(uv, beside, join(lockFolder, LOCK_FILE), { python, cache, progress });
    await removeBroken(folder);
    await moveIntoPlace(beside, folder);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  progress(`Environment ${name} is ready: ${await megabytes(join(folder, "lib"))} MB in ${seconds} s.`);
  return environment;
}

interface BuildOptions {
  readonly python: Python;
  readonly cache: string;
  readonly progress: Progress;
}

async function build(
  uv: string,
  folder: string,
  lock: string,
  { python, cache, progress }: BuildOptions,
): Promise<void> {
  const environment = { UV_CACHE_DIR: join(cache, "uv-cache"), UV_NO_CONFIG: "1", PYTHONDONTWRITEBYTECODE: undefined };
  const options = { environment, onLine: (line: string) => isNews(line) && progress(`  ${line}`) };
  await runChecked([uv, "venv", "--quiet", "--relocatable", "--python", python.executable, folder], options);
  // A lock names every package, so nothing is resolved again: some leave out on purpose what a package asks for.
  await runChecked(
    // biome-ignore format: one flag and its value on a line reads best
    [
      uv, "pip", "install", "--no-progress", "--require-hashes", "--no-deps", "--compile-bytecode",
      "--python", join(folder, "bin", "python"),
      "--requirements", lock,
    ],
    options,
  );
}

/** Of what uv prints, all but the list of packages. */
function isNews(line: string): boolean {
  return /^(Downloading|Prepared|Installed|Bytecode|warning|error)/.test(line);
}

/** One whose Python has been removed from the machine has to go before another takes its place. */
async function removeBroken(folder: string): Promise<void> {
  if (existsSync(folder) && !existsSync(join(folder, "bin", "python")))
    await rm(folder, { recursive: true, force: true });
}

async function removeAbandoned(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".tmp"));
  for (const name of names) {
    const path = join(folder, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > ABANDONED_MILLISECONDS) await rm(path, { recursive: true, force: true });
  }
}

async function megabytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1_000_000);
}
