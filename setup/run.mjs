// Entry of every npm script. Runs on the machine's own Node (20 or newer), brings the pinned packages and Node 26
// when they are missing or out of date, and hands over to the TypeScript task.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tasks = {
  setup: ["setup/setup.ts"],
  check: ["setup/check.ts"],
  test: ["setup/test.ts"],
  "test-full": ["setup/test.ts", "--full"],
  bench: ["setup/bench.ts"],
  demo: ["setup/demo.ts"],
  generate: ["setup/generate.ts"],
  serve: ["server/src/cli/start.mjs", "serve"],
};

/** Path of a Node that runs TypeScript directly: the pinned one, or the machine's if it is new enough. */
function pinnedNode() {
  const bundled = join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (existsSync(bundled)) return bundled;
  if (Number(process.versions.node.split(".")[0]) >= 26) return process.execPath;
  fail(
    `Sagebrush needs Node 26; no pinned build exists for ${process.platform}-${process.arch} and this is ${process.version}. Install Node 26 and run the command again.`,
  );
}

/** Runs `npm ci` once for each state of the lock file. */
function installPackages() {
  const stamp = join(root, "node_modules/.sagebrush-lock");
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.error("Installing packages and Node 26 (npm ci) ...");
  const started = Date.now();
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (npm.status !== 0)
    fail(
      "npm ci failed; the lines above say why. Check that the npm registry is reachable, then run the command again.",
    );
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(stamp, wanted);
  console.error(`Packages are in place (${((Date.now() - started) / 1000).toFixed(1)} s).`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

if (Number(process.versions.node.split(".")[0]) < 20)
  fail(`Sagebrush needs Node 20 or newer to set up, this is ${process.version}.`);
const [name = "", ...rest] = process.argv.slice(2);
if (name === "node-path") {
  installPackages();
  console.log(pinnedNode());
  process.exit(0);
}
const task = tasks[name] ?? fail(`Unknown task ${JSON.stringify(name)}; one of: ${Object.keys(tasks).join(", ")}.`);
installPackages();
const [file, ...fixed] = task;
// Young objects of a server die with their request: little room for them is enough, and saves 14 MB for as long as it runs.
const flags = ["--disable-warning=ExperimentalWarning", ...(name === "serve" ? ["--max-semi-space-size=2"] : [])];
const child = spawn(pinnedNode(), [...flags, join(root, file), ...fixed, ...rest], {
  stdio: "inherit",
  cwd: name === "serve" ? process.cwd() : root,
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
