// Small programs of the system that the sandbox is made of: where they are, running them, and what they complained about.
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** Full path of a program, looked for as a shell does and where administrators' programs are. */
export function onPath(program: string): string | undefined {
  for (const folder of [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin"]) {
    const path = join(folder || ".", program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not in this folder: the next one is looked at
    }
  }
  return undefined;
}

/** Runs a program to its end and returns its output. @throws Error with what it wrote to standard error. */
export function run(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: env ?? process.env });
    const output: Buffer[] = [];
    const complaint: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => output.push(part));
    child.stderr.on("data", (part: Buffer) => complaint.push(part));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve(Buffer.concat(output).toString());
      else reject(new Error(`${program} ended with ${code ?? signal}: ${Buffer.concat(complaint).toString().trim()}`));
    });
  });
}

/** SIGTERM; nothing happens if the process is gone. */
export function terminate(id: number): void {
  try {
    process.kill(id, "SIGTERM");
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Whether the error says that there is no such process, or that its id is another user's by now. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["ESRCH", "EACCES", "EPERM"].includes(String(error.code));
}
