// Runs the suite of all backends on the sandbox, as whoever runs it and, when that is root, again as an ordinary user.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import type { PreparedImage } from "../backend.ts";
import { registerSuite } from "../suite/suite.ts";
import { registerInternetCases } from "./internet-cases.ts";
import { onPath, run } from "./processes.ts";
import { createSandbox } from "./sandbox.ts";
import { registerSandboxCases } from "./sandbox-cases.ts";

const options = ["--disable-warning=ExperimentalWarning"];
const ordinaryUser = 54_321;

/** The programs of this machine as an image: its /bin/sh and a python3. */
async function machineImage(): Promise<PreparedImage> {
  const folders = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"].filter((path) =>
    lstatSync(path, { throwIfNoEntry: false }),
  );
  const system = existsSync("/usr/bin/python3");
  const prefix = system
    ? []
    : [realpathSync((await run("python3", ["-c", "import sys; print(sys.base_prefix)"])).trim())];
  return {
    id: "this machine",
    mounts: [...folders, ...prefix].map((path) => ({ source: path, target: path })),
    entrypoint: ["/bin/sh", "-c"],
    command: [],
    environment: { PATH: [...prefix.map((path) => `${path}/bin`), "/usr/bin:/bin:/usr/sbin:/sbin"].join(":") },
    workingDirectory: "/",
    canWait: false,
  };
}

const isRoot = process.getuid?.() === 0;
if (onPath("bwrap")) {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  const candidate = {
    name: isRoot ? "sandbox as root" : "sandbox as an ordinary user",
    open: (path: string) => createSandbox({ folder: path }),
    image: await machineImage(),
    folder,
    owner: [process.execPath, ...options, `${import.meta.dirname}/conformance-owner.ts`],
  };
  registerSuite(candidate);
  registerSandboxCases(candidate);
  registerInternetCases(candidate);
} else {
  test("sandbox", { skip: "bubblewrap is not installed: sudo apt-get install bubblewrap" }, () => undefined);
}

test("the suite passes for an ordinary user", {
  skip: !isRoot || !onPath("bwrap") ? "needs root and bubblewrap" : false,
}, (t) => {
  // Copied to where that user may read: the clone may lie in a folder of root's.
  const copy = mkdtempSync(join(tmpdir(), "sandbox-user-"));
  t.after(() => rmSync(copy, { recursive: true, force: true }));
  const source = join(copy, "server/src/backends");
  cpSync(dirname(import.meta.dirname), source, { recursive: true });
  cpSync(process.execPath, join(copy, "node"));
  mkdirSync(join(copy, "tmp"));
  spawnSync("chmod", ["-R", "a+rX", copy]);
  chmodSync(join(copy, "tmp"), 0o1777);
  const user = ["--reuid", String(ordinaryUser), "--regid", String(ordinaryUser), "--clear-groups", "--"];
  const program = [join(copy, "node"), ...options, join(source, "sandbox/conformance.slow.ts")];
  const ended = spawnSync("setpriv", [...user, ...program], {
    env: { PATH: process.env["PATH"], HOME: copy, TMPDIR: join(copy, "tmp") },
    encoding: "utf8",
  });
  for (const [line] of ended.stdout.matchAll(/.*# .*(apt-get|chmod).*/g)) t.diagnostic(line); // what was skipped there, and what mends it
  if (ended.status !== 0) throw new Error(`As an ordinary user:\n${ended.stdout}\n${ended.stderr}`);
});
