// An image for the suite made of folders of this machine, as our own images are.
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, realpathSync } from "node:fs";
import type { PreparedImage } from "../backend.ts";

/** The programs of this machine as an image: its /bin/sh and a python3. */
export function machineImage(): PreparedImage {
  const folders = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"].filter((path) =>
    lstatSync(path, { throwIfNoEntry: false }),
  );
  const system = existsSync("/usr/bin/python3");
  const prefix = system
    ? []
    : [realpathSync(execFileSync("python3", ["-c", "import sys; print(sys.base_prefix)"]).toString().trim())];
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
