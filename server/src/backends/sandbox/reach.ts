// How units are reached, and reach the platform's address, over the forwarder process: opened when one starts, opened
// again for those that an earlier server or an earlier forwarder left running.
import type { Socket } from "node:net";
import { Forwarders } from "../shared/forwarders.ts";
import { shortName } from "../shared/unit-files.ts";
import { endUnreachable } from "./ending.ts";
import type { Identity } from "./identity.ts";
import { platformAddress } from "./network.ts";
import { networkInode } from "./networks.ts";
import type { UnitFolder } from "./unit-folder.ts";

export interface ReachParts {
  /** The user namespace that owns the units' networks. */
  readonly user: () => Promise<number>;
  readonly identity: Identity;
  /** Units that have not ended. */
  readonly running: () => readonly UnitFolder[];
  /** Told of units that cannot be reached. */
  readonly report: (error: unknown) => void;
}

/** A process in a network, and the network's inode, which tells whether the id still means that process. */
export interface Inside {
  readonly process: number;
  readonly inode: number;
}

export class Reach {
  readonly #forwarders: Forwarders;
  readonly #opened = new Set<string>();
  readonly #report: (error: unknown) => void;

  constructor({ user, identity, running, report }: ReachParts) {
    this.#report = report;
    // A forwarder that ended by itself: a new one takes over what still runs.
    this.#forwarders = new Forwarders({
      // As root it stays outside the user namespace, so that it can reach the server's sockets.
      enter:
        identity.kind === "root range" ? [] : ["nsenter", "--user=/proc/self/fd/4", ...identity.enterOptions, "--"],
      user,
      died: () => {
        for (const folder of running()) void this.again(folder);
      },
    });
  }

  async open(folder: UnitFolder, inside: Inside): Promise<void> {
    const { plan } = folder;
    if (!plan || (plan.ports.length === 0 && plan.platformSocket === undefined)) return;
    const name = shortName(plan.id);
    this.#opened.add(name);
    const platform = { address: platformAddress, socket: plan.platformSocket ?? "" };
    await this.#forwarders.ask({ open: name, ...inside, ...(plan.platformSocket ? { platform } : {}) });
  }

  /** A unit that cannot be reached is of no use: it is ended, and counts as lost. One that ended just now is left alone. */
  async again(folder: UnitFolder): Promise<void> {
    const { supervisor, init } = folder;
    if (init === undefined || supervisor === undefined) return;
    try {
      await this.open(folder, { process: init, inode: networkInode(`/proc/${supervisor}/fd/4`) });
    } catch (cause) {
      endUnreachable(folder, cause, this.#report);
    }
  }

  /** @throws Error when nothing listens there */
  connect(id: string, port: number): Promise<Socket> {
    return this.#forwarders.connect(shortName(id), port);
  }

  async close(id: string): Promise<void> {
    if (this.#opened.delete(shortName(id))) await this.#forwarders.ask({ close: shortName(id) });
  }

  stop(): void {
    this.#forwarders.stop();
  }
}
