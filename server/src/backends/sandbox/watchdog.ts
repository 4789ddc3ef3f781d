// Ends units that write more than their disk holds and, where no cgroup does it, use more memory or processes than theirs.
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { diskUse } from "../shared/disk-use.ts";
import { deletedUse } from "./deleted-files.ts";
import type { UnitFolder } from "./unit-folder.ts";

const looksPerSecond = 4;
/** The share of time that adding up memory and disk may take. */
const effort = 0.1;

export class Watchdog {
  readonly #running: () => readonly UnitFolder[];
  readonly #watchProcesses: boolean;
  readonly #end: (folder: UnitFolder, overrun: "disk" | "memory" | "processes") => void;
  readonly #report: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #counting: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: {
    readonly running: () => readonly UnitFolder[];
    readonly watchProcesses: boolean;
    readonly end: (folder: UnitFolder, overrun: "disk" | "memory" | "processes") => void;
    /** Told when a unit could not be looked at or ended; the others are looked at all the same. */
    readonly report: (error: unknown) => void;
  }) {
    this.#running = options.running;
    this.#watchProcesses = options.watchProcesses;
    this.#end = options.end;
    this.#report = options.report;
    this.#schedule(0);
    if (this.#watchProcesses) this.#counting = setInterval(() => this.#count(), 1000 / looksPerSecond).unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#counting);
  }

  /** Processes are only counted, and all the time: a fork bomb does not wait until its memory has been added up. */
  #count(): void {
    const counts = processesByNamespace();
    for (const folder of this.#running()) {
      const { plan, init } = folder;
      const namespace = init === undefined ? undefined : link(`/proc/${init}/ns/pid`);
      if (plan && namespace !== undefined && (counts.get(namespace)?.length ?? 0) > plan.pids) {
        try {
          this.#end(folder, "processes");
        } catch (error) {
          this.#failed(folder, error);
        }
      }
    }
  }

  #schedule(tookMilliseconds: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(
      async () => {
        const began = performance.now();
        for (const folder of this.#running())
          await this.#look(folder).catch((error: unknown) => this.#failed(folder, error));
        this.#schedule(performance.now() - began);
      },
      Math.max(1000 / looksPerSecond, tookMilliseconds / effort),
    );
    this.#timer.unref();
  }

  /** A unit that was removed while it was looked at is no failure. */
  #failed(folder: UnitFolder, error: unknown): void {
    if (existsSync(folder.path)) this.#report(error);
  }

  async #look(folder: UnitFolder): Promise<void> {
    const { plan, start, init } = folder;
    if (!plan || !start || init === undefined) return;
    if (this.#watchProcesses && (await memoryBelow(init)) > plan.memoryBytes) return this.#end(folder, "memory");
    const folders = [folder.at("ml"), folder.at("tmp"), folder.at("layer", "upper"), ...start.writable];
    let room = plan.diskBytes - (await deletedUse(init, await devicesOf(folder, init)));
    for (const each of folders) {
      room -= await diskUse(each, room);
      if (room < 0) return this.#end(folder, "disk");
    }
  }
}

/** Where files without a name count: the disk of the unit's folder and, for an image of layers, its root. */
async function devicesOf(folder: UnitFolder, init: number): Promise<ReadonlySet<number>> {
  const own = (await stat(folder.path)).dev;
  if (folder.plan?.root === undefined) return new Set([own]);
  const root = await stat(`/proc/${init}/root/.`).catch(() => undefined);
  return new Set([own, ...(root ? [root.dev] : [])]);
}

/** Process ids of this machine by their process namespace; those of other users are left out. */
function processesByNamespace(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const entry of readdirSync("/proc")) {
    const namespace = /^\d+$/.test(entry) ? link(`/proc/${entry}/ns/pid`) : undefined;
    if (namespace === undefined) continue;
    const ids = found.get(namespace);
    if (ids) ids.push(entry);
    else found.set(namespace, [entry]);
  }
  return found;
}

/** Memory held in the process namespace of `init`, in bytes; shared pages are divided among their users. */
async function memoryBelow(init: number): Promise<number> {
  const namespace = link(`/proc/${init}/ns/pid`);
  let bytes = 0;
  for (const process of namespace === undefined ? [] : (processesByNamespace().get(namespace) ?? []))
    bytes += await ownMemory(process);
  return bytes;
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // gone, or another user's
  }
}

async function ownMemory(process: string): Promise<number> {
  try {
    const rollup = await readFile(`/proc/${process}/smaps_rollup`, "utf8");
    return Number(/^Pss: *(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // gone
  }
}
