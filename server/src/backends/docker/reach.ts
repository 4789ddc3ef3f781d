// How units are reached, and reach the platform's address, over the forwarder process (docs/decisions/0005-sandbox-forwarders.md).
import type { Socket } from "node:net";
import type Dockerode from "dockerode";
import { Forwarders } from "../shared/forwarders.ts";
import { enterableProcess } from "./namespaces.ts";
import { platformAddress } from "./networks.ts";
import type { UnitFolder } from "./unit-folder.ts";

interface ReachParts {
  readonly engine: Dockerode;
  /** Container whose network the unit has. */
  readonly containerOf: (unit: UnitFolder) => string | undefined;
  /** Units that have not ended. */
  readonly running: () => readonly UnitFolder[];
  /** Told of units that cannot be reached. */
  readonly report: (error: unknown) => void;
}

export class Reach {
  readonly #parts: ReachParts;
  readonly #forwarders: Forwarders;
  readonly #opened = new Set<string>();

  constructor(parts: ReachParts) {
    this.#parts = parts;
    this.#forwarders = new Forwarders({
      enter: [],
      user: async () => "ignore",
      // A forwarder that ended by itself: a new one takes over what still runs.
      died: () => {
        for (const unit of parts.running()) void this.again(unit);
      },
    });
  }

  async open(unit: UnitFolder): Promise<void> {
    const { plan } = unit;
    const container = this.#parts.containerOf(unit);
    if (!plan || container === undefined || (plan.ports.length === 0 && plan.platformSocket === undefined)) return;
    const inside = await enterableProcess(this.#parts.engine, container);
    const platform = { address: platformAddress, socket: plan.platformSocket ?? "" };
    await this.#forwarders.ask({ open: unit.path, ...inside, ...(plan.platformSocket ? { platform } : {}) });
    this.#opened.add(unit.path);
  }

  /** For one that has just been started, and may have ended. */
  async openIfRunning(unit: UnitFolder): Promise<void> {
    const container = this.#parts.containerOf(unit);
    if (container === undefined) return;
    try {
      await this.open(unit);
    } catch (error) {
      const { State } = await this.#parts.engine.getContainer(container).inspect();
      if (State.Running) throw error;
    }
  }

  /** A unit of an earlier server or forwarder. One that cannot be reached is of no use: it is ended. */
  async again(unit: UnitFolder): Promise<void> {
    try {
      await this.openIfRunning(unit);
    } catch (cause) {
      if (!unit.start) return;
      this.#parts.report(new Error("A unit cannot be reached and is ended.", { cause }));
      await this.#parts.engine.getContainer(unit.start.container).kill({ signal: "SIGKILL" }).catch(this.#parts.report);
    }
  }

  /** @throws Error when nothing listens there */
  async connect(unit: UnitFolder, port: number): Promise<Socket> {
    if (!this.#opened.has(unit.path)) await this.open(unit);
    return this.#forwarders.connect(unit.path, port);
  }

  async close(unit: UnitFolder): Promise<void> {
    if (this.#opened.delete(unit.path)) await this.#forwarders.ask({ close: unit.path });
  }

  stop(): void {
    this.#forwarders.stop();
  }
}
