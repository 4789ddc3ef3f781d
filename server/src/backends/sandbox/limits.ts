// Memory, processors and processes of a unit, by what this machine offers: cgroup v2, cgroup v1, systemd's scopes, or watching.
// systemd.resource-control(5)
import type { Resources } from "../backend.ts";
import { cgroup1, cgroup2, type Limits, unitsFolder } from "./cgroups.ts";
import { onPath, run } from "./processes.ts";

export async function findLimits(): Promise<Limits> {
  return cgroup2() ?? cgroup1() ?? (await scopes()) ?? watching;
}

/**
 * Processes of all units together, where only the watchdog counts those of each: a fork bomb makes thousands a second, and
 * must not take the last one of the machine (32,768 unless told otherwise) before the next count.
 */
const processesOfAllUnits = 8192;

/** Limits that nobody enforces but the watchdog (watchdog.ts), but for RLIMIT_NPROC, which counts by user namespace and user. */
const watching: Limits = {
  kind: "watching",
  hold: () => ({ procs: [], prefix: ["prlimit", `--nproc=${processesOfAllUnits}`, "--"] }),
  adjust: async () => undefined,
  hit: async () => ({ memory: false, processes: false }),
  release: async () => undefined,
  held: () => [],
  releaseIfEmpty: () => undefined,
};

async function scopes(): Promise<Limits | undefined> {
  if (!onPath("systemd-run") || process.getuid?.() === 0) return undefined;
  const scope = (name: string) => `${unitsFolder}-${name}.scope`;
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
    held: () => [], // systemd forgets a scope with its last process
    releaseIfEmpty: () => undefined,
  };
}
