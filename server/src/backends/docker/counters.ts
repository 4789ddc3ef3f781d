// What the kernel has refused running units: memory and processes. It counts in a unit's cgroup, which the engine removes soon after the
// end, and not every engine tells of it; so it is looked at often, which costs a read of two small files. cgroups(7)
import { readFileSync } from "node:fs";
import type { UnitFolder } from "./unit-folder.ts";

const LOOK_MILLISECONDS = 50;

interface Counter {
  readonly unit: UnitFolder;
  readonly files: Readonly<Record<"memory" | "processes", string>>;
}

export class Counters {
  readonly #counters = new Map<string, Counter>();
  #timer: NodeJS.Timeout | undefined;

  /** `process`: one of the unit's container. Harmless when repeated, and for a process that is gone. */
  track(unit: UnitFolder, process: number): void {
    if (this.#counters.has(unit.path)) return;
    const files = cgroupFiles(textOf(`/proc/${process}/cgroup`) ?? "");
    if (!files) return;
    this.#counters.set(unit.path, { unit, files });
    this.#timer ??= setInterval(() => this.#look(), LOOK_MILLISECONDS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#counters.clear();
  }

  #look(): void {
    for (const [path, { unit, files }] of this.#counters) {
      const memory = textOf(files.memory);
      const processes = textOf(files.processes);
      if (memory === undefined && processes === undefined) this.#counters.delete(path);
      else {
        if (/^oom_kill [1-9]/m.test(memory ?? "")) note(unit, "overrun-memory");
        if (/^max [1-9]/m.test(processes ?? "")) note(unit, "overrun-processes");
      }
    }
    if (this.#counters.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** A unit that is being removed needs no note. */
function note(unit: UnitFolder, name: string): void {
  if (!unit.has(name) && unit.plan) unit.write(name, "");
}

/** By the contents of /proc/PID/cgroup: controllers of version 1 where there are any, else version 2. */
function cgroupFiles(cgroups: string): Counter["files"] | undefined {
  const of = (controller: string) =>
    new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, "m").exec(cgroups)?.[1];
  const unified = /^0::(.*)$/m.exec(cgroups)?.[1];
  if (cgroups === "") return undefined;
  const [memory, pids] = [of("memory"), of("pids")];
  return {
    memory:
      memory === undefined
        ? `/sys/fs/cgroup${unified}/memory.events`
        : `/sys/fs/cgroup/memory${memory}/memory.oom_control`,
    processes: pids === undefined ? `/sys/fs/cgroup${unified}/pids.events` : `/sys/fs/cgroup/pids${pids}/pids.events`,
  };
}

/** Undefined for what is not there any more. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // ENOENT and ENODEV: the process or the cgroup is gone
  }
}
