// Which network a unit gets: one made ahead for a unit alone in its group, else a host on the bridge of its group.
import { closeSync, openSync, readlinkSync } from "node:fs";
import type { UnitPlan } from "../backend.ts";
import type { Identity } from "./identity.ts";
import { closeHostNetwork, type HostNetwork, makeHostNetwork } from "./network.ts";
import type { UnitFolder } from "./unit-folder.ts";

const readyCount = 1;

export class Networks {
  readonly #user: () => Promise<number>;
  readonly #identity: Identity;
  readonly #ready: Promise<HostNetwork>[] = [];
  /** First host's network of each group whose hosts are being started: it keeps the bridge. */
  readonly #groups = new Map<string, Promise<HostNetwork>>();

  constructor(user: () => Promise<number>, identity: Identity) {
    this.#user = user;
    this.#identity = identity;
  }

  /** Makes networks ahead; each takes some 15 ms that a start then need not wait for. */
  refill(): void {
    while (this.#ready.length < readyCount) {
      const made = this.single();
      made.catch(() => this.#ready.splice(this.#ready.indexOf(made), 1)); // whoever takes it sees the error
      this.#ready.push(made);
    }
  }

  async single(): Promise<HostNetwork> {
    return makeHostNetwork(await this.#user(), this.#identity, 0);
  }

  /** `peers`: folders of units of the same group that may be running since before this server started. */
  async take(plan: UnitPlan, peers: readonly UnitFolder[]): Promise<HostNetwork> {
    if (plan.hosts.length === 1) return this.#ready.shift() ?? this.single();
    const index = plan.hosts.indexOf(plan.host);
    const first = this.#groups.get(plan.group);
    if (first !== undefined) return this.#join((await first).bridge, index);
    const running = peers.find((peer) => peer.isSupervised())?.supervisor;
    if (running !== undefined) {
      const bridge = openSync(`/proc/${running}/fd/5`, "r");
      return this.#join(bridge, index).finally(() => closeSync(bridge));
    }
    const made = this.#user().then((user) => makeHostNetwork(user, this.#identity, index));
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
    const first = await this.#groups.get(group);
    this.#groups.delete(group);
    if (first) closeHostNetwork(first);
  }

  async close(): Promise<void> {
    for (const made of this.#ready.splice(0)) closeHostNetwork(await made);
    for (const group of this.#groups.keys()) await this.forget(group);
  }

  async #join(bridge: number, index: number): Promise<HostNetwork> {
    return makeHostNetwork(await this.#user(), this.#identity, index, bridge);
  }
}

/** Inode of a network namespace, by which the kernel names it. */
export function networkInode(path: string): number {
  return Number(/\d+/.exec(readlinkSync(path))?.[0]);
}
