// Network namespaces of containers, which root enters by a process inside that the engine names.
import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import type Dockerode from "dockerode";
import { resolverFile } from "../shared/resolver.ts";

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
 * Gives a network the platform's address, before anything runs in it. From it lead nowhere: other link-local addresses, which are a
 * cloud's, with credentials of this machine there; and this machine's own, but for a name server's.
 */
export async function preparePlatform({ process }: Inside, address: string): Promise<void> {
  const enter = [`--net=/proc/${process}/ns/net`, "--", "ip"];
  await run("nsenter", [...enter, "address", "replace", `${address}/32`, "dev", "lo"]);
  for (const closed of ["169.254.0.0/16", ...ownAddresses()])
    await run("nsenter", [...enter, "route", "replace", "blackhole", closed]);
}

/** Addresses of this machine, those on bridges of engines too. */
function ownAddresses(): string[] {
  const asked = resolverFile();
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address)
    .filter((address) => !asked.includes(` ${address}\n`));
}
