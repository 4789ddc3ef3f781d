// Memory, processors and processes of a unit, by what this machine offers: cgroup v2, systemd's scopes, cgroup v1, or watching.
// Linux Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst; systemd.resource-control(5).
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Resources } from "../backend.ts";
import { onPath, run } from "./processes.ts";
import { isMissing } from "./system-calls.ts";
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
}

const root = "/sys/fs/cgroup";
const folder = "sagebrush";
const emptySeconds = 10;
const wasKilled = /^oom_kill [1-9]/m;
const wasRefused = /^max [1-9]/m;
const periodMicroseconds = 100_000;

export async function findLimits(): Promise<Limits> {
  return cgroup2() ?? cgroup1() ?? (await scopes()) ?? watching;
}

/** Limits that nobody enforces but the watchdog (watchdog.ts). */
const watching: Limits = {
  kind: "watching",
  hold: () => ({ procs: [], prefix: [] }),
  adjust: async () => undefined,
  hit: async () => ({ memory: false, processes: false }),
  release: async () => undefined,
};

function cgroup1(): Limits | undefined {
  const controllers = ["memory", "pids", "cpu"];
  try {
    for (const controller of controllers) {
      mkdirSync(join(root, controller, folder), { recursive: true });
      accessSync(join(root, controller, folder), constants.W_OK); // the folder may be another user's
    }
  } catch {
    return undefined; // not mounted, or not ours to write: another way is looked for
  }
  const at = (controller: string, name: string) => join(root, controller, folder, name);
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
  };
}

function cgroup2(): Limits | undefined {
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
  };
}

/** The folder for units below a cgroup that is ours to divide; processes may live only in its leaves, this one too. */
function delegated(group: string): string | undefined {
  try {
    accessSync(join(group, "cgroup.subtree_control"), constants.W_OK);
    if (group !== root) {
      mkdirSync(join(group, `${folder}-server`), { recursive: true });
      writeFileSync(join(group, `${folder}-server`, "cgroup.procs"), String(process.pid));
    }
    const units = join(group, folder);
    mkdirSync(units, { recursive: true });
    for (const each of [group, units]) writeFileSync(join(each, "cgroup.subtree_control"), "+cpu +memory +pids");
    return units;
  } catch {
    return undefined; // not delegated to us, or other processes live in it
  }
}

async function scopes(): Promise<Limits | undefined> {
  if (!onPath("systemd-run") || process.getuid?.() === 0) return undefined;
  const scope = (name: string) => `${folder}-${name}.scope`;
  const properties = (resources: Resources) => [
    `MemoryMax=${resources.memoryBytes}`,
    "MemorySwapMax=0",
    `TasksMax=${resources.pids}`,
    `CPUQuota=${Math.round(resources.cpus * 100)}%`,
  ];
  try {
    await run("systemd-run", ["--user", "--scope", "--quiet", "true"]);
  } catch {
    return undefined; // no user session of systemd answers
  }
  const control = (...args: string[]) => run("systemctl", ["--user", ...args]);
  return {
    kind: "systemd scope",
    hold: (name, resources) => ({
      procs: [],
      prefix: [
        ...["systemd-run", "--user", "--scope", "--quiet", `--unit=${scope(name)}`],
        ...["MemoryAccounting=yes", "OOMPolicy=continue", ...properties(resources)].map((one) => `--property=${one}`),
        "--",
      ],
    }),
    adjust: async (name, resources) => {
      await control("set-property", "--runtime", scope(name), ...properties(resources));
    },
    hit: async (name) => ({
      memory: (await control("show", "--property=Result", scope(name))).includes("oom-kill"),
      processes: false, // systemd does not tell
    }),
    release: async (name) => {
      if ((await control("is-failed", scope(name)).catch(() => "")).startsWith("failed")) {
        await control("reset-failed", scope(name));
      }
    },
  };
}

function quota(resources: Resources): string {
  return String(Math.max(1000, Math.round(resources.cpus * periodMicroseconds)));
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}

/** Removes a cgroup; the kernel may take a moment after the last process in it has ended. */
async function removeFolder(path: string): Promise<void> {
  for (const deadline = Date.now() + emptySeconds * 1000; ; await setTimeout(10)) {
    try {
      return rmdirSync(path);
    } catch (error) {
      if (isMissing(error)) return;
      if (Date.now() > deadline) throw error;
    }
  }
}
