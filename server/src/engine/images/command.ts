// Runs a program and keeps what it prints; the engine's only way to start uv, pip and Python.
import { spawn } from "node:child_process";

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Called with each line of standard error as it comes. */
  readonly onLine?: (line: string) => void;
}

/** Resolves with code 127 if there is no such program. */
export function run(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program = "", ...rest] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.environment },
    });
    let stdout = "";
    let stderr = "";
    let line = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      const lines = (line + text).split(/\r?\n/);
      line = lines.pop() ?? "";
      for (const each of lines) if (each.trim() !== "") options.onLine?.(each.trim());
    });
    child.on("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT" || cause.code === "EACCES") resolve({ code: 127, stdout, stderr: cause.message });
      else reject(cause);
    });
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

/** Runs a command that must succeed. @throws Error with the command and the end of what it printed. */
export async function runChecked(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, options);
  if (code !== 0) {
    throw new Error(`${command.join(" ")} ended with exit code ${code}:\n${(stderr || stdout).trim().slice(-2000)}`);
  }
  return stdout;
}
