// Runs the named steps of a task one after another, shows each with its time, and stops at the first that fails.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs the command with its output passed through; resolves to its exit code. */
export function execute(step: Step): Promise<number> {
  const [program = "", ...rest] = step.command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { cwd: root, stdio: "inherit", env: { ...process.env, ...step.environment } });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/** Runs all steps in order. Exits the process with the code of the first that fails. */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    const started = performance.now();
    const code = await execute(step);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${code === 0 ? "ok" : "FAILED"}  ${step.name} (${seconds} s)`);
    if (code !== 0) process.exit(code);
  }
}
