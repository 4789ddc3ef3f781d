// Ends units that write more than their disk holds and, where no cgroup does it, use more memory or processes than theirs.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { lstat, opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { deletedUse } from "./deleted-files.ts";
import type { UnitFolder } from "./unit-folder.ts";

const looksPerSecond = 4;
/** The share of time the looking itself may take. */
const effort = 0.1;

export class Watchdog {
  readonly #running: () => readonly UnitFolder[];
  readonly #watchProcesses: boolean;
  readonly #end: (folder: UnitFolder, overrun: "disk" | "memory" | "processes") => void;
  readonly #report: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
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
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #schedule(tookMilliseconds: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(
      async () => {
        const began = performance.now();
        for (const folder of this.#running()) await this.#look(folder).catch(this.#report);
        this.#schedule(performance.now() - began);
      },
      Math.max(1000 / looksPerSecond, tookMilliseconds / effort),
    );
    this.#timer.unref();
  }

  async #look(folder: UnitFolder): Promise<void> {
    const { plan, start, init } = folder;
    if (!plan || !start || init === undefined) return;
    if (this.#watchProcesses) {
      const used = processesOf(init);
      if (used.memoryBytes > plan.memoryBytes) return this.#end(folder, "memory");
      if (used.count > plan.pids) return this.#end(folder, "processes");
    }
    const folders = [folder.at("ml"), folder.at("tmp"), ...start.writable];
    let room = plan.diskBytes - (await deletedUse(init, (await stat(folder.path)).dev));
    for (const each of folders) {
      room -= await diskUse(each, room);
      if (room < 0) return this.#end(folder, "disk");
    }
  }
}

/** Bytes allocated below a folder; stops counting above `enough`. Entries that vanish meanwhile count nothing. */
async function diskUse(folder: string, enough: number): Promise<number> {
  let bytes = 0;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined && bytes <= enough; next = folders.pop()) {
    const entries = await opendir(next).catch(() => undefined);
    if (!entries) continue;
    for await (const entry of entries) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else
        bytes += await lstat(path).then(
          ({ blocks }) => blocks * 512,
          () => 0,
        );
    }
  }
  return bytes;
}

/** Processes in the process namespace of `init`, and the memory they hold, shared pages divided among their users. */
function processesOf(init: number): { readonly count: number; readonly memoryBytes: number } {
  const namespace = link(`/proc/${init}/ns/pid`);
  let count = 0;
  let memoryBytes = 0;
  for (const entry of namespace === undefined ? [] : readdirSync("/proc")) {
    if (!/^\d+$/.test(entry) || link(`/proc/${entry}/ns/pid`) !== namespace) continue;
    count += 1;
    memoryBytes += ownMemory(entry);
  }
  return { count, memoryBytes };
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // gone, or another user's
  }
}

function ownMemory(process: string): number {
  try {
    const rollup = readFileSync(`/proc/${process}/smaps_rollup`, "utf8");
    return Number(/^Pss: *(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // gone
  }
}
