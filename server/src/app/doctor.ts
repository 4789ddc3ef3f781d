// What this machine has and lacks, from every part that depends on it.
import { access, constants, mkdir } from "node:fs/promises";
import type { Finding } from "../backends/backend.ts";
import { inspectBackend } from "./backend.ts";
import type { Settings } from "./settings.ts";

/** Findings of the data folder, the backend and the Python environments. */
export async function examine(settings: Settings): Promise<readonly Finding[]> {
  const report = await inspectBackend(settings);
  return [nodeFinding(), await folderFinding(settings.data), ...report.findings];
}

const nodeFinding = (): Finding => ({
  name: "node",
  level: "ok",
  message: `${process.version} at ${process.execPath}`,
});

async function folderFinding(folder: string): Promise<Finding> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
    return { name: "data folder", level: "ok", message: folder };
  } catch (cause) {
    return {
      name: "data folder",
      level: "missing",
      message: `${folder} cannot be written (${(cause as Error).message})`,
      remedy: "sagebrush serve --data DIR with a folder of yours",
    };
  }
}
