// Brings uv, which installs Python packages: the machine's own, else the pinned one from PyPI into the cache folder.
// Debian's python3 comes without venv and pip, so there are several ways to the same file.
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { run, runChecked } from "./command.ts";
import { moveIntoPlace } from "./folders.ts";
import type { Python } from "./python.ts";

export const UV_VERSION = "0.13.9";
/** A uv on the PATH is used from this version on; older ones lack options that are used here. */
const OLDEST_MINOR = 5;

export type Progress = (line: string) => void;

export interface UvSearch {
  readonly cache: string;
  readonly python: Python;
  readonly progress: Progress;
}

/** Path of a uv that works. @throws Error with the command that would bring it. */
export async function ensureUv({ cache, python, progress }: UvSearch): Promise<string> {
  const own = await run(["uv", "--version"]);
  if (own.code === 0 && isUsable(own.stdout)) return "uv";
  const folder = join(cache, `uv-${UV_VERSION}`);
  const program = join(folder, "bin", "uv");
  if (existsSync(program)) return program;
  progress(`Installing uv ${UV_VERSION} from PyPI ...`);
  await mkdir(cache, { recursive: true });
  const beside = `${folder}.${process.pid}.tmp`;
  try {
    await install(python.executable, beside, progress);
    await moveIntoPlace(beside, folder);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return program;
}

async function install(python: string, folder: string, progress: Progress): Promise<void> {
  const requirement = `uv==${UV_VERSION}`;
  const ways = [
    () => installByVenv(python, folder, requirement),
    () => run([python, "-m", "pip", "install", "--quiet", "--target", folder, requirement]),
    () => installVenvAsRoot(python, folder, requirement, progress),
  ];
  const failures: string[] = [];
  for (const way of ways) {
    await rm(folder, { recursive: true, force: true });
    const { code, stderr, stdout } = await way();
    if (code === 0 && existsSync(join(folder, "bin", "uv"))) return;
    failures.push((stderr || stdout).trim().split("\n").at(-1) ?? "");
  }
  throw new Error(
    `uv could not be installed (${failures.filter(Boolean).join("; ")}). Run as root: apt-get install python3-venv. Or install uv yourself and put it on the PATH: pip install ${requirement}`,
  );
}

async function installByVenv(python: string, folder: string, requirement: string) {
  const made = await run([python, "-m", "venv", folder]);
  if (made.code !== 0) return made;
  return run([join(folder, "bin", "python"), "-m", "pip", "install", "--quiet", requirement]);
}

async function installVenvAsRoot(python: string, folder: string, requirement: string, progress: Progress) {
  if (process.getuid?.() !== 0) return { code: 1, stdout: "", stderr: "python3-venv is missing" };
  progress("Installing python3-venv (apt-get) ...");
  const quiet = { environment: { DEBIAN_FRONTEND: "noninteractive" } };
  await runChecked(["apt-get", "update", "-qq"], quiet);
  await runChecked(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "python3-venv"], quiet);
  return installByVenv(python, folder, requirement);
}

function isUsable(text: string): boolean {
  const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(text) ?? [];
  return Number(major) > 0 || Number(minor) >= OLDEST_MINOR;
}
