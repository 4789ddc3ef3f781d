// The folder of a unit on this machine, and the small files in it that are read and written whole. What they say is each backend's own.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { isMissing } from "./system-calls.ts";

export class UnitFiles {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  has(name: string): boolean {
    return existsSync(this.at(name));
  }

  read(name: string): string | undefined {
    try {
      return readFileSync(this.at(name), "utf8");
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** A machine that lost power may have kept a file's name without its contents: then it is as if never written. */
  readJson<T>(name: string): T | undefined {
    const text = this.read(name);
    return text === undefined || /^\0*$/.test(text) ? undefined : (JSON.parse(text) as T);
  }

  /** All or nothing: a reader sees the old contents or the new. */
  write(name: string, contents: string | Uint8Array): void {
    writeFileSync(this.at(`${name}.new`), contents, { mode: 0o600 });
    renameSync(this.at(`${name}.new`), this.at(name));
  }

  /** Harmless when it is not there. */
  delete(name: string): void {
    rmSync(this.at(name), { force: true });
  }

  /** Removes the folder with all it holds; harmless when it is not there. */
  async remove(): Promise<void> {
    await removeTree(this.path);
  }
}

/** Harmless when it is not there. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    // A program may nest folders deeper than a path can be; rm(1) goes down step by step.
    if ((error as NodeJS.ErrnoException).code !== "ENAMETOOLONG") throw error;
    await promisify(execFile)("rm", ["-rf", "--", path]);
  }
}

/** Name of a unit's folder: short, and safe whatever the id holds. */
export function shortName(id: string): string {
  return createHash("sha256").update(id).digest("hex").slice(0, 12);
}
