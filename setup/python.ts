// Runs programs of the Python environments below setup/environments, installing them when they are missing.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureEnvironment, environmentFolder } from "../server/src/engine/images/environments.ts";
import { findPython } from "../server/src/engine/images/python.ts";
import { root } from "./steps.ts";

/** Folder of an environment of setup/environments, installed if it is not there yet; its programs are in bin/. */
export async function setupEnvironment(name: string): Promise<string> {
  const options = { variables: process.env, progress: (line: string) => console.error(line) };
  return (await ensureEnvironment(lockFolder(name), options)).folder;
}

/** As setupEnvironment, but undefined if it is not installed yet. */
export async function installedEnvironment(name: string): Promise<string | undefined> {
  const python = await findPython(process.env);
  const folder = await environmentFolder(lockFolder(name), python, process.env);
  return existsSync(folder) ? folder : undefined;
}

function lockFolder(name: string): string {
  return join(root, "setup/environments", name);
}
