// What this machine has and lacks, from every part that depends on it.
import { access, constants } from "node:fs/promises";
import type { Finding } from "../backends/backend.ts";
import { examineStore } from "../store/examine.ts";
import { makeDataFolder } from "../store/layout.ts";
import { inspectBackend } from "./backend.ts";
import type { Settings } from "./settings.ts";

/** Findings of the data folder and what is in it, the backend and the Python environments. */
export async function examine(settings: Settings): Promise<readonly Finding[]> {
  const report = await inspectBackend(settings);
  const stored = await storedFindings(settings.data);
  return [nodeFinding(), await folderFinding(settings.data), ...stored, ...report.findings];
}

const nodeFinding = (): Finding => ({
  name: "node",
  level: "ok",
  message: `${process.version} at ${process.execPath}`,
});

async function folderFinding(folder: string): Promise<Finding> {
  try {
    await makeDataFolder(folder);
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

/** Whether what was stored is still there, with the right sizes; the bytes themselves are checked when they are read. */
async function storedFindings(folder: string): Promise<readonly Finding[]> {
  const found = await examineStore(folder);
  if (found === undefined) return [];
  const { database, blobs, damaged } = found;
  if (database.length > 0)
    return [
      {
        name: "database",
        level: "missing",
        message: `${folder}/rows.db is damaged: ${database.join("; ")}`,
        remedy: `restore a backup; without one, sqlite3 ${folder}/rows.db .recover prints what can still be read`,
      },
    ];
  const objects: Finding =
    damaged.length === 0
      ? { name: "objects", level: "ok", message: `${blobs} files, each of the size that was written` }
      : {
          name: "objects",
          level: "limited",
          message: `${damaged.length} of ${blobs} files are gone or have another size: ${damaged.join(", ")}`,
          remedy: "put these objects again, or restore a backup",
        };
  return [{ name: "database", level: "ok", message: "its pages are as SQLite wrote them" }, objects];
}
