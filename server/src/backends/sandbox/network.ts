// Networks of groups: a bridge in a network namespace of its own, and for each host a namespace linked to it by eth0.
// They exist as open descriptors of this process and of the supervisors, so nothing of them can be left behind.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import type { Identity } from "./identity.ts";
import { makeUplink, type Uplink } from "./uplinks.ts";

export const platformAddress = "169.254.170.2";
/** The bridges are apart from each other, so that all groups may use the same addresses. */
export const subnet = "10.88.0";

export interface HostNetwork {
  /** Namespace of the bridge and of the host, as descriptors of this process. */
  readonly bridge: number;
  readonly host: number;
  /** A process that waits inside the host's namespace until `release`. */
  readonly process: number;
  /** Whether its group has a link to the internet, and the descriptor that keeps it, if one does (see `makeUplink`). */
  readonly hasInternet: boolean;
  readonly keep?: number;
  release(): void;
}

/** What a host joins: the bridge of its group, which another host has made. */
export type Group = Pick<HostNetwork, "bridge" | "hasInternet" | "keep">;

/** Address of a host in its group, counted from 0. */
export function addressOf(index: number): string {
  return `${subnet}.${index + 2}`;
}

/** Contents of /etc/hosts for every host of a group. */
export function hostsFile(hosts: readonly string[]): string {
  const lines = hosts.map((host, index) => `${addressOf(index)} ${host}`);
  return ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback", ...lines, ""].join("\n");
}

/** Makes the network of one host. The first of a group makes its bridge, with an uplink if one is given. The result has descriptors of its own. */
export async function makeHostNetwork(
  user: number,
  identity: Identity,
  index: number,
  { group, uplink }: { readonly group?: Group; readonly uplink?: Uplink | undefined },
): Promise<HostNetwork> {
  const bridge = group?.bridge;
  const enter = ["--user=/proc/self/fd/3", ...(bridge === undefined ? [] : ["--net=/proc/self/fd/4"])];
  const script = ["sh", `${import.meta.dirname}/network.sh`];
  const program = bridge === undefined ? ["unshare", "--net", ...script] : script;
  const child = spawn("nsenter", [...enter, ...identity.enterOptions, ...program], {
    stdio: ["pipe", "pipe", "pipe", user, bridge ?? "ignore"],
    env: {
      PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`,
      NEW: bridge === undefined ? "1" : "",
      NAT: bridge === undefined ? (uplink?.inside ?? "") : "",
      INDEX: String(index),
      SUBNET: subnet,
      PLATFORM: platformAddress,
    },
  });
  const complaint: Buffer[] = [];
  child.stderr?.on("data", (part: Buffer) => complaint.push(part));
  const ended = once(child, "close").then(() => {
    const text = Buffer.concat(complaint).toString().trim();
    throw new Error(`The network of a unit could not be made: ${text || "no reason was given"}.`);
  });
  if (!child.stdout) throw new Error("A program was started without an output.");
  const [line] = await Promise.race([once(child.stdout, "data"), ended]);
  ended.catch(() => undefined); // it ends when it is released
  const [bridgeProcess, hostProcess] = String(line).trim().split(" ");
  let keep = group?.keep === undefined ? undefined : openSync(`/proc/self/fd/${group.keep}`, "r+");
  try {
    if (bridge === undefined && uplink) keep = await makeUplink(uplink, Number(bridgeProcess));
  } catch (error) {
    child.stdin?.destroy();
    throw error;
  }
  return {
    hasInternet: group?.hasInternet ?? uplink !== undefined,
    ...(keep === undefined ? {} : { keep }),
    bridge: openSync(`/proc/${bridgeProcess}/ns/net`, "r"),
    host: openSync(`/proc/${hostProcess}/ns/net`, "r"),
    process: Number(hostProcess),
    release: () => child.stdin?.destroy(),
  };
}

/** Lets go of the network, which ends with the last unit in it. */
export function closeHostNetwork(network: HostNetwork): void {
  network.release();
  closeSync(network.bridge);
  closeSync(network.host);
  if (network.keep !== undefined) closeSync(network.keep);
}
