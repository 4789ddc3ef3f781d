// How units at level `open` come to the internet: the bridge of their group gets a link to this machine's own network, as root
// a veth pair and masquerading, else pasta or slirp4netns. Why so: docs/decisions/0011-sandbox-internet.md.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Identity } from "./identity.ts";
import { onPath, run } from "./processes.ts";

export interface Uplink {
  readonly program: "veth" | "pasta" | "slirp4netns";
  /** What masquerades the hosts of a group inside the bridge's namespace. */
  readonly inside: Nat;
  /** What masquerades the groups on this machine, as root. */
  readonly outside: Nat;
}

type Nat = "nft" | "iptables";

/** What stands in the way of an uplink, and the command that mends it. */
export interface Obstacle {
  readonly message: string;
  readonly remedy: string;
}

const userSubnet = "198.18.255"; // RFC 2544: a range that no network in use has
const tunnel = "/dev/net/tun";
/** A program that is silent for longer never gets ready. */
const readySeconds = 10;

/** The uplink this machine can make for this user. */
export function findUplink(identity: Identity): Uplink | Obstacle {
  const isRoot = identity.kind === "root range";
  const [nft, iptables] = [onPath("nft") && ("nft" as const), onPath("iptables") && ("iptables" as const)];
  const [inside, outside] = [nft || iptables, iptables || nft];
  const program = isRoot ? "veth" : (["pasta", "slirp4netns"] as const).find(onPath);
  if (!inside || !outside || !program) {
    const missing = [...(program ? [] : ["passt"]), ...(inside ? [] : ["nftables"])].join(" ");
    const wanted = [...(program ? [] : ["pasta or slirp4netns"]), ...(inside ? [] : ["nft or iptables"])].join(
      ", and ",
    );
    const remedy = `${isRoot ? "" : "sudo "}apt-get install --yes ${missing}`;
    return { message: `It needs ${wanted}.`, remedy };
  }
  if (program !== "veth" && !isOurs(tunnel)) {
    return { message: `This user may not open ${tunnel}.`, remedy: `sudo modprobe tun; sudo chmod 0666 ${tunnel}` };
  }
  return { program, inside, outside };
}

export function isUplink(found: Uplink | Obstacle): found is Uplink {
  return "program" in found;
}

/**
 * Links the bridge's namespace, where `process` is, to the internet. What is returned is a descriptor that keeps the link: it ends
 * when nobody has it open any more. A veth pair ends with the namespace and needs none.
 */
export async function makeUplink(
  uplink: Uplink,
  process: number,
  waitSeconds = readySeconds,
): Promise<number | undefined> {
  if (uplink.program === "veth") {
    await veth(uplink.outside, ["add", String(process)]);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "uplink-"));
  const fifo = join(folder, "keep");
  try {
    await run("mkfifo", ["-m", "600", fifo]);
    const keep = openSync(fifo, "r+");
    try {
      await startProgram(uplink.program, { KEEP: fifo, PROCESS: String(process) }, waitSeconds);
    } catch (error) {
      closeSync(keep);
      throw error;
    }
    return keep;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns when it is ready; from then on it goes on by itself. */
async function startProgram(program: string, given: Record<string, string>, waitSeconds: number): Promise<void> {
  const child = spawn("sh", [`${import.meta.dirname}/uplink-user.sh`], {
    detached: true, // it serves units that outlive this server
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...environment(), ...given, PROGRAM: program, SUBNET: userSubnet },
  });
  const complaint: Buffer[] = [];
  child.stderr.on("data", (part: Buffer) => complaint.push(part));
  const ended = once(child, "exit").then(() => {
    throw new Error(`${program} did not start: ${Buffer.concat(complaint).toString().trim()}`);
  });
  const overdue = setTimeout(() => {
    complaint.push(Buffer.from(`It was not ready after ${waitSeconds} s.`));
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, waitSeconds * 1000);
  try {
    await Promise.race([once(child.stdout, "data"), ended]);
  } finally {
    clearTimeout(overdue);
    ended.catch(() => undefined); // it ends with the last unit of the group
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
  }
}

/** Takes the rules back that this machine has for links, if no link of any server is left at one of so many looks, 50 ms apart. */
export async function sweepUplinks(found: Uplink | Obstacle, looks: number): Promise<void> {
  if (isUplink(found) && found.program === "veth") await veth(found.outside, ["sweep", String(looks)]);
}

async function veth(nat: Nat, args: readonly string[]): Promise<void> {
  await run("sh", [`${import.meta.dirname}/uplink-veth.sh`, ...args], { ...environment(), NAT: nat });
}

function environment(): Record<string, string> {
  return { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };
}

function isOurs(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false; // not there, or for root alone: the caller says what to do
  }
}
