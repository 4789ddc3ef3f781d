// Network namespaces of containers, which root enters by a process inside that the engine names.
import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { promisify } from "node:util";
import type Dockerode from "dockerode";

const run = promisify(execFile);

/** A process in a network, and the network's inode, which tells whether the id still means that process. */
export interface Inside {
  readonly process: number;
  readonly inode: number;
}

/** @throws Error when the container does not run, or its processes are not this machine's */
export async function enterableProcess(engine: Dockerode, container: string): Promise<Inside> {
  const { State } = await engine.getContainer(container).inspect();
  if (!State.Running || !State.Pid) throw new Error("The container does not run.");
  return { process: State.Pid, inode: statSync(`/proc/${State.Pid}/ns/net`).ino };
}

/**
 * Gives a network the platform's address, before anything runs in it. Other link-local addresses are a cloud's, which has
 * credentials of this machine there: they lead nowhere.
 */
export async function preparePlatform({ process }: Inside, address: string): Promise<void> {
  const enter = [`--net=/proc/${process}/ns/net`, "--", "ip"];
  await run("nsenter", [...enter, "address", "replace", `${address}/32`, "dev", "lo"]);
  await run("nsenter", [...enter, "route", "replace", "blackhole", "169.254.0.0/16"]);
}
