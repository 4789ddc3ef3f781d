// The state of a unit, from what the engine says of its container and, where that cannot be, from what is known to be lost.
import { readFileSync } from "node:fs";
import type Dockerode from "dockerode";
import type { UnitEnd, UnitState } from "../backend.ts";
import { signalOf } from "../shared/signal-of.ts";
import type { UnitFolder } from "./unit-folder.ts";

export const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** When this machine was started, milliseconds since 1970. */
export const bootedAt = (): number =>
  Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1] ?? 0) * 1000;

/** What the engine says; undefined where it knows no such container. */
export type Seen = Dockerode.ContainerInspectInfo["State"] | undefined;

export interface Machine {
  readonly boot: string;
  readonly bootedAt: number;
}

/** Whether its container has ended, so that its log can be completed. */
export const hasEnded = (seen: Seen): boolean =>
  seen !== undefined && ["exited", "stopped", "dead"].includes(seen.Status);

/** `isStarting`: a start of it is under way. Undefined for a unit without a folder. */
export function stateOf(folder: UnitFolder, seen: Seen, machine: Machine, isStarting: boolean): UnitState | undefined {
  const { plan, start, refusal } = folder;
  if (!plan) return undefined;
  const { id } = plan;
  if (refusal) return { id, phase: "ended", end: { ...refusal, outOfMemory: false, diskFull: false } };
  if (!start) return { id, phase: isStarting ? "starting" : "reserved" };
  if (!seen) return { id, phase: "lost" };
  // Made, and the server was killed before it had it started.
  if (["created", "configured", "initialized"].includes(seen.Status))
    return { id, phase: isStarting ? "starting" : "reserved" };
  const startedAt = Date.parse(seen.StartedAt);
  if (!hasEnded(seen)) return { id, phase: "running", startedAt };
  const at = Date.parse(seen.FinishedAt);
  // An engine that finds a container after the machine was restarted makes up an end for it.
  const isMadeUp = !(at > 0) || (start.boot !== machine.boot && (at < startedAt || at >= machine.bootedAt));
  if (isMadeUp || seen.Status === "dead") return { id, phase: "lost", startedAt };
  return { id, phase: "ended", startedAt, end: endOf(folder, exitCodeOf(folder, seen), seen.OOMKilled, at) };
}

/** As a shell has it, where the engine's init could not run the program. */
const exitCodeOf = (folder: UnitFolder, { ExitCode }: NonNullable<Seen>): number =>
  ExitCode === 0 ? 0 : Number(folder.read("unrunnable") ?? ExitCode);

/** What the init of Podman says when there is no such program; Docker's own ends with 127. */
const INIT_FAILED = /^(?:ERROR|FATAL) \(catatonit:\d+\): failed to exec pid1: (.*)$/m;

/** Exit code for a log that is only the words of an init that could not run the program. */
export function codeOfInit(log: string): number | undefined {
  const reason = INIT_FAILED.exec(log.trim())?.[1];
  return reason === undefined ? undefined : /permission/i.test(reason) ? 126 : 127;
}

/** Exit code for what an engine says that starts the program itself; undefined when the container could not be made. */
export function codeOfStart(words: string): number | undefined {
  const about = /exec(?:utable file|:| failed)/i.test(words);
  if (about && /not found|no such file or directory/i.test(words)) return 127;
  return about && /permission denied/i.test(words) ? 126 : undefined;
}

function endOf(folder: UnitFolder, exitCode: number, oomKilled: boolean, at: number): UnitEnd {
  const signal = signalOf(exitCode);
  const isFailed = exitCode !== 0;
  const hasTooMany = isFailed && folder.has("overrun-processes");
  return {
    exitCode,
    ...(signal === undefined ? {} : { signal }),
    outOfMemory: isFailed && (oomKilled || folder.has("overrun-memory")),
    diskFull: folder.has("overrun-disk"),
    ...(hasTooMany ? { tooManyProcesses: folder.plan?.pids ?? 0 } : {}),
    at,
  };
}
