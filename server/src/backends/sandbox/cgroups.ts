// Limits of units as cgroups of ours, and the interface that all ways to limit units have (limits.ts).
// Linux Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst.

import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Resources } from "../backend.ts";
import { readIfThere } from "../shared/read-if-there.ts";
import { isMissing } from "../shared/system-calls.ts";
import type { LimitsHit } from "./unit-folder.ts";

export interface Limits {
  readonly kind: "cgroup v2" | "systemd scope" | "cgroup v1" | "watching";
  /** Makes room for a unit; `name` is unique on this machine. `procs`: files the unit's first process writes itself into; `prefix`: command in front of it. */
  hold(name: string, resources: Resources): { readonly procs: readonly string[]; readonly prefix: readonly string[] };
  /** Gives a spare the limits of the unit that took it. */
  adjust(name: string, resources: Resources): Promise<void>;
  /** Whether the kernel has killed in it for want of memory, or refused it a process. */
  hit(name: string): Promise<LimitsHit>;
  /** Harmless when repeated. The unit has ended. */
  release(name: string): Promise<void>;
  /** Names that are held on this machine, by any server. */
  held(): readonly string[];
  /** Releases what no process is in, and leaves the rest; the kernel sees to that. */
  releaseIfEmpty(name: string): void;
}

const root = "/sys/fs/cgroup";
/** Below it are the cgroups of all units; also what the names of scopes begin with. */
export const unitsFolder = "sagebrush";
const emptySeconds = 10;
const wasKilled = /^oom_kill [1-9]/m;
const wasRefused = /^max [1-9]/m;
const periodMicroseconds = 100_000;

export function cgroup1(): Limits | undefined {
  const controllers = ["memory", "pids", "cpu"];
  try {
    for (const controller of controllers) {
      mkdirSync(join(root, controller, unitsFolder), { recursive: true });
      accessSync(join(root, controller, unitsFolder), constants.W_OK); // the folder may be another user's
    }
  } catch {
    return undefined; // not mounted, or not ours to write: another way is looked for
  }
  const at = (controller: string, name: string) => join(root, controller, unitsFolder, name);
  const set = (name: string, resources: Resources) => {
    const memory = at("memory", name);
    // The pair of memory and memory + swap has an order that depends on whether the limit grows or shrinks.
    const swap = join(memory, "memory.memsw.limit_in_bytes");
    const values: [string, string][] = [
      [join(memory, "memory.limit_in_bytes"), String(resources.memoryBytes)],
      ...(existsSync(swap) ? [[swap, String(resources.memoryBytes)] as [string, string]] : []),
    ];
    if (existsSync(swap) && Number(readFileSync(swap, "utf8")) < resources.memoryBytes) values.reverse();
    for (const [file, value] of values) writeFileSync(file, value);
    writeFileSync(join(at("pids", name), "pids.max"), String(resources.pids));
    writeFileSync(join(at("cpu", name), "cpu.cfs_quota_us"), quota(resources));
  };
  return {
    kind: "cgroup v1",
    hold(name, resources) {
      for (const controller of controllers) mkdirSync(at(controller, name), { recursive: true });
      set(name, resources);
      return { procs: controllers.map((controller) => join(at(controller, name), "cgroup.procs")), prefix: [] };
    },
    adjust: async (name, resources) => set(name, resources),
    hit: async (name) => ({
      memory: wasKilled.test(readIfThere(join(at("memory", name), "memory.oom_control"))),
      processes: wasRefused.test(readIfThere(join(at("pids", name), "pids.events"))),
    }),
    async release(name) {
      for (const controller of controllers) await removeFolder(at(controller, name));
    },
    held: () => [...new Set(controllers.flatMap((controller) => foldersIn(join(root, controller, unitsFolder))))],
    releaseIfEmpty(name) {
      for (const controller of controllers) removeIfEmpty(at(controller, name));
    },
  };
}

export function cgroup2(): Limits | undefined {
  const own = /^0::(.*)$/m.exec(readIfThere("/proc/self/cgroup"))?.[1];
  const controllers = readIfThere(join(root, "cgroup.controllers"));
  if (own === undefined || !["cpu", "memory", "pids"].every((name) => controllers.split(/\s/).includes(name))) {
    return undefined;
  }
  const base = delegated(join(root, own)) ?? (process.getuid?.() === 0 ? delegated(root) : undefined);
  if (!base) return undefined;
  const at = (name: string) => join(base, name);
  const set = (name: string, resources: Resources) => {
    writeFileSync(join(at(name), "memory.max"), String(resources.memoryBytes));
    if (existsSync(join(at(name), "memory.swap.max"))) writeFileSync(join(at(name), "memory.swap.max"), "0");
    writeFileSync(join(at(name), "pids.max"), String(resources.pids));
    writeFileSync(join(at(name), "cpu.max"), `${quota(resources)} ${periodMicroseconds}`);
  };
  return {
    kind: "cgroup v2",
    hold(name, resources) {
      mkdirSync(at(name), { recursive: true });
      set(name, resources);
      return { procs: [join(at(name), "cgroup.procs")], prefix: [] };
    },
    adjust: async (name, resources) => set(name, resources),
    hit: async (name) => ({
      memory: wasKilled.test(readIfThere(join(at(name), "memory.events"))),
      processes: wasRefused.test(readIfThere(join(at(name), "pids.events"))),
    }),
    release: async (name) => removeFolder(at(name)),
    held: () => foldersIn(base),
    releaseIfEmpty: (name) => removeIfEmpty(at(name)),
  };
}

/** The folder for units below a cgroup that is ours to divide; processes may live only in its leaves, this one too. */
function delegated(group: string): string | undefined {
  try {
    accessSync(join(group, "cgroup.subtree_control"), constants.W_OK);
    if (group !== root) {
      mkdirSync(join(group, `${unitsFolder}-server`), { recursive: true });
      writeFileSync(join(group, `${unitsFolder}-server`, "cgroup.procs"), String(process.pid));
    }
    const units = join(group, unitsFolder);
    mkdirSync(units, { recursive: true });
    for (const each of [group, units]) writeFileSync(join(each, "cgroup.subtree_control"), "+cpu +memory +pids");
    return units;
  } catch {
    return undefined; // not delegated to us, or other processes live in it
  }
}

function quota(resources: Resources): string {
  return String(Math.max(1000, Math.round(resources.cpus * periodMicroseconds)));
}

/** Removes a cgroup; the kernel may take a moment after the last process in it has ended. */
async function removeFolder(path: string): Promise<void> {
  for (const deadline = performance.now() + emptySeconds * 1000; ; await setTimeout(10)) {
    try {
      return rmdirSync(path);
    } catch (error) {
      if (isMissing(error)) return;
      if (performance.now() > deadline) throw error;
    }
  }
}

function foldersIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    const isInUse = error instanceof Error && "code" in error && error.code === "EBUSY";
    if (!isMissing(error) && !isInUse) throw error;
  }
}
