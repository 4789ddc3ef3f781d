// What is kept of a unit on disk, and how its state is read back from there: the files are the truth, also after a restart.
import { readFileSync, readlinkSync, statSync } from "node:fs";
import type { UnitEnd, UnitPlan, UnitState } from "../backend.ts";
import { signalOf } from "../shared/signal-of.ts";
import { isLocked, isMissing } from "../shared/system-calls.ts";
import { UnitFiles } from "../shared/unit-files.ts";
import { isGone } from "./processes.ts";

/** Written by `reserve`. */
export interface StoredPlan {
  readonly id: string;
  readonly group: string;
  readonly ports: readonly number[];
  readonly platformSocket?: string;
  /** Name of its cgroup. */
  readonly limitsName: string;
  readonly diskBytes: number;
  readonly memoryBytes: number;
  readonly pids: number;
  /** Whether a spare brought the folder. */
  readonly spare: boolean;
  /** Digest of an image of layers. */
  readonly root?: string;
}

/** Written by `start`. */
export interface StoredStart {
  /** Folders of this machine that count against the unit's disk. */
  readonly writable: readonly string[];
}

/** What the kernel has refused a unit. */
export interface LimitsHit {
  readonly memory: boolean;
  readonly processes: boolean;
}

/** Exit code by which the entry point of a spare says that it never got its line (docs/decisions/0006-spares.md). */
const neverTaken = 125;

/** Files of a unit: `supervise.sh` writes pid, lock, started, status, output and ended. */
export class UnitFolder extends UnitFiles {
  /** Makes a folder whose spare was given up, or never got to run, ready for a first start. */
  clearRun(): void {
    for (const name of ["started", "ended", "stop", "pid", "status", "output", "fstab"]) this.delete(name);
  }

  get plan(): StoredPlan | undefined {
    return this.readJson<StoredPlan>("plan.json");
  }

  get start(): StoredStart | undefined {
    return this.readJson<StoredStart>("start.json");
  }

  isSupervised(): boolean {
    return isLocked(this.at("lock"));
  }

  /** Process id of the supervisor; only meaningful while it holds the lock. */
  get supervisor(): number | undefined {
    return Number(this.read("pid")) || undefined;
  }

  /** Process id of the sandbox's own first process, once there is one. */
  get init(): number | undefined {
    return Number(/"child-pid": *(\d+)/.exec(this.read("status") ?? "")?.[1]) || undefined;
  }

  /**
   * Kills what a supervisor that is gone may have left: bwrap follows it only from the moment that the program has been started. The
   * process namespace tells whether the id in `status` still means that process.
   */
  killRest(): void {
    const { init } = this;
    const namespace = /"pid-namespace": *(\d+)/.exec(this.read("status") ?? "")?.[1];
    if (init === undefined || namespace === undefined) return;
    try {
      if (readlinkSync(`/proc/${init}/ns/pid`) === `pid:[${namespace}]`) process.kill(init, "SIGKILL");
    } catch (error) {
      if (!isMissing(error) && !isGone(error)) throw error;
    }
  }

  /** Whether the sandbox is complete, so that its first process has started the program. proc(5) */
  get hasProgram(): boolean {
    const { init } = this;
    if (init === undefined) return false;
    try {
      return readFileSync(`/proc/${init}/task/${init}/children`, "utf8") !== "";
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  get startedAt(): number | undefined {
    return statSync(this.at("start.json"), { throwIfNoEntry: false })?.mtimeMs;
  }

  /** Reads the state; `limitsHit` is asked only for a unit that has failed. */
  async state(limitsHit: (plan: StoredPlan) => Promise<LimitsHit>): Promise<UnitState | undefined> {
    const plan = this.plan;
    if (!plan) return undefined;
    const known = { id: plan.id, ...(this.startedAt === undefined ? {} : { startedAt: Math.floor(this.startedAt) }) };
    if (!this.has("start.json")) return { id: plan.id, phase: "reserved" };
    const supervised = this.isSupervised(); // before `ended` is read: it is written before the lock is given up
    const ended = this.read("ended");
    if (ended !== undefined) {
      const end = this.has("unreachable") ? undefined : await this.#end(plan, ended, limitsHit);
      return end ? { ...known, phase: "ended", end } : { ...known, phase: "lost" };
    }
    if (supervised) return { ...known, phase: this.init === undefined ? "starting" : "running" };
    return this.has("started") ? { ...known, phase: "lost" } : { id: plan.id, phase: "starting" };
  }

  /** As a shell and Docker have it: bwrap itself answers 1 both when the program does and when it cannot start it. */
  #exitCode(code: number): number {
    if (code !== 1 || this.read("status")?.includes('"exit-code"')) return code;
    return this.read("output")?.includes("bwrap: execvp") ? programMissing : sandboxFailed;
  }

  async #end(plan: StoredPlan, ended: string, limitsHit: (plan: StoredPlan) => Promise<LimitsHit>) {
    const [code, at] = ended.split(" ").map(Number);
    const exitCode = this.#exitCode(code ?? 1);
    if (plan.spare && exitCode === neverTaken && !this.has("taken")) return undefined;
    const overrun = this.read("overrun");
    const signal = signalOf(exitCode);
    const hit = exitCode === 0 ? undefined : await limitsHit(plan);
    const end: UnitEnd = {
      exitCode,
      ...(signal === undefined ? {} : { signal }),
      outOfMemory: overrun === "memory" || hit?.memory === true,
      diskFull: overrun === "disk",
      ...(overrun === "processes" || hit?.processes ? { tooManyProcesses: plan.pids } : {}),
      at: at ?? 0,
    };
    return end;
  }
}

/** The sandbox could not be made; the log says why. */
export const sandboxFailed = 125;
const programMissing = 127;

export function storedPlan(plan: UnitPlan, limitsName: string, spare: boolean): StoredPlan {
  return {
    id: plan.id,
    group: plan.group,
    ports: plan.ports,
    ...(plan.platformSocket === undefined ? {} : { platformSocket: plan.platformSocket }),
    limitsName,
    diskBytes: plan.resources.diskBytes,
    memoryBytes: plan.resources.memoryBytes,
    pids: plan.resources.pids,
    spare,
    ...(plan.image.layered === undefined ? {} : { root: plan.image.layered.digest }),
  };
}
