// System packages that need root: installed if we are root on Debian or Ubuntu, else the command is printed.
import { spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { delimiter, join } from "node:path";

interface SystemPackage {
  readonly name: string;
  readonly why: string;
  readonly isThere: () => boolean;
  /** Without it the product does not work; the others only leave tests out. */
  readonly needed: boolean;
}

const onPath = (program: string): boolean =>
  [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"].some((folder) =>
    existsSync(join(folder, program)),
  );

const systemPackages: readonly SystemPackage[] = [
  { name: "bubblewrap", why: "jobs and endpoints run in it", isThere: () => onPath("bwrap"), needed: true },
  { name: "iproute2", why: "networks of jobs", isThere: () => onPath("ip"), needed: true },
  {
    name: "postgresql",
    why: "the store's suite runs on PostgreSQL too",
    isThere: () => globSync("/usr/lib/postgresql/*/bin/postgres").length > 0,
    needed: false,
  },
];

/** Brings what is missing. Exits the process when something needed is missing and cannot be installed here. */
export async function bringSystemPackages(options: { readonly forTests: boolean } = { forTests: true }): Promise<void> {
  const missing = systemPackages.filter(({ isThere, needed }) => (needed || options.forTests) && !isThere());
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  const command = `apt-get install -y --no-install-recommends ${names.join(" ")}`;
  if (process.getuid?.() === 0 && onPath("apt-get")) {
    console.error(`Installing ${missing.map(({ name, why }) => `${name} (${why})`).join(", ")} ...`);
    const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    for (const line of ["apt-get update -qq", command])
      spawnSync("sh", ["-c", line], { stdio: ["ignore", 2, 2], env: environment });
  }
  const still = missing.filter(({ isThere }) => !isThere());
  for (const { name, why } of still) console.error(`Missing: ${name} (${why}). One step needs root: sudo ${command}`);
  if (still.some(({ needed }) => needed)) process.exit(1);
}
