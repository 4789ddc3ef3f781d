// Which network a unit gets: one made ahead for a unit alone in its group, else a host on the bridge of its group.
import { closeSync, existsSync, openSync, readlinkSync } from "node:fs";
import type { NetworkLevel, UnitPlan } from "../backend.ts";
import type { Identity } from "./identity.ts";
import { closeHostNetwork, type Group, type HostNetwork, makeHostNetwork } from "./network.ts";
import type { UnitFolder } from "./unit-folder.ts";
import { findUplink, isUplink, type Obstacle, sweepUplinks, type Uplink } from "./uplinks.ts";

const readyCount = 1;

/** The kernel may take a moment to remove the links of namespaces that have just ended. */
const closingLooks = 10;

export class Networks {
  readonly #user: () => Promise<number>;
  readonly #identity: Identity;
  #uplink: Uplink | Obstacle;
  #hasLinked = false;
  /** Networks made ahead, with the internet and without; filled once a unit has wanted the like. */
  readonly #ready = new Map<boolean, Promise<HostNetwork>[]>();
  /** First host's network of each group whose hosts are being started: it keeps the bridge. */
  readonly #groups = new Map<string, Promise<HostNetwork>>();

  constructor(user: () => Promise<number>, identity: Identity) {
    this.#user = user;
    this.#identity = identity;
    this.#uplink = findUplink(identity);
  }

  /** Makes networks ahead like those taken so far; each takes some 15 ms, twice that with the internet, that a start need not wait for. */
  refill(): void {
    for (const [internet, ready] of this.#ready) {
      while (ready.length < readyCount) {
        const made = this.#first(internet, 0);
        made.catch(() => ready.splice(ready.indexOf(made), 1)); // whoever takes it sees the error
        ready.push(made);
      }
    }
  }

  async single(level: NetworkLevel): Promise<HostNetwork> {
    return this.#first(level === "open", 0);
  }

  /** `peers`: folders of units of the same group that may be running since before this server started. */
  async take(plan: UnitPlan, peers: readonly UnitFolder[]): Promise<HostNetwork> {
    const internet = plan.network === "open";
    if (plan.hosts.length === 1) return this.#takeReady(internet) ?? this.#first(internet, 0);
    const index = plan.hosts.indexOf(plan.host);
    const first = this.#groups.get(plan.group);
    if (first !== undefined) return this.#join(await first, index);
    const running = peers.find((peer) => peer.isSupervised());
    if (running !== undefined) return this.#joinRunning(running, internet, index);
    const made = this.#first(internet, index);
    this.#groups.set(plan.group, made);
    made.catch(() => this.#groups.delete(plan.group));
    return made;
  }

  /** After a host has started: lets go of its own network; a group's bridge is kept for the hosts to come. */
  async keepOnly(plan: UnitPlan, network: HostNetwork): Promise<void> {
    const first = await this.#groups.get(plan.group);
    if (first !== network) closeHostNetwork(network);
    else network.release();
  }

  /** Lets go of a group's bridge; its running hosts keep it. */
  async forget(group: string): Promise<void> {
    const first = this.#groups.get(group);
    // Its hosts may be removed at once: whoever comes first closes it.
    this.#groups.delete(group);
    if (first !== undefined) closeHostNetwork(await first);
  }

  async close(): Promise<void> {
    for (const ready of this.#ready.values()) for (const made of ready.splice(0)) closeHostNetwork(await made);
    for (const group of this.#groups.keys()) await this.forget(group);
    await sweepUplinks(this.#uplink, closingLooks);
  }

  /** Takes back what an earlier server, which was killed, left on this machine for the internet of units, if no unit needs it. */
  async sweep(): Promise<void> {
    await sweepUplinks(this.#uplink, 1); // where units run there are links, and a server that starts is waited for
  }

  #takeReady(internet: boolean): Promise<HostNetwork> | undefined {
    const ready = this.#ready.get(internet) ?? [];
    this.#ready.set(internet, ready);
    return ready.shift();
  }

  async #first(internet: boolean, index: number): Promise<HostNetwork> {
    const user = await this.#user();
    const uplink = internet && isUplink(this.#uplink) ? this.#uplink : undefined;
    if (!uplink) return makeHostNetwork(user, this.#identity, index, {});
    try {
      const made = await makeHostNetwork(user, this.#identity, index, { uplink });
      this.#hasLinked = true;
      return made;
    } catch (error) {
      if (this.#hasLinked) throw error;
      // This machine does not let us, as in a container: the same as one without the programs. `inspect` says why.
      this.#uplink = { message: String(error), remedy: "" };
      return makeHostNetwork(user, this.#identity, index, {});
    }
  }

  async #join(group: Group, index: number): Promise<HostNetwork> {
    return makeHostNetwork(await this.#user(), this.#identity, index, { group });
  }

  async #joinRunning(peer: UnitFolder, internet: boolean, index: number): Promise<HostNetwork> {
    const descriptors = `/proc/${peer.supervisor}/fd`;
    const bridge = openSync(`${descriptors}/5`, "r");
    const keep = existsSync(`${descriptors}/7`) ? openSync(`${descriptors}/7`, "r+") : undefined;
    try {
      const hasInternet = internet && isUplink(this.#uplink);
      return await this.#join({ bridge, hasInternet, ...(keep === undefined ? {} : { keep }) }, index);
    } finally {
      closeSync(bridge);
      if (keep !== undefined) closeSync(keep);
    }
  }
}

/** Inode of a network namespace, by which the kernel names it. */
export function networkInode(path: string): number {
  return Number(/\d+/.exec(readlinkSync(path))?.[0]);
}
