// What units see as /sys: how many processors there are, which libraries read, as in the sandbox. The rest tells of this machine's
// networks, disks and other containers; and an engine shows all of it to a container that joins the network of another.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type Dockerode from "dockerode";

const topology = ["cpu", "node"].map((name) => `devices/system/${name}`).filter((path) => existsSync(`/sys/${path}`));

/** Folder below that of the units that holds only places for it. */
const emptySystem = (folder: string): string => join(folder, "sys");

/** Where engines mount the container's own control groups, read-only. */
const controlGroups = "fs/cgroup";

export function makeSystemFolder(folder: string): void {
  for (const path of [...topology, controlGroups])
    mkdirSync(join(emptySystem(folder), path), { recursive: true, mode: 0o755 });
}

/** `folder`: that of the units. */
export function systemMounts(folder: string): Dockerode.MountConfig {
  const shown = (Source: string, Target: string) =>
    ({ Type: "bind", Source, Target, ReadOnly: true, BindOptions: { Propagation: "rprivate" } }) as const;
  return [shown(emptySystem(folder), "/sys"), ...topology.map((path) => shown(`/sys/${path}`, `/sys/${path}`))];
}
