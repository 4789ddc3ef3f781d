// Spares: sandboxes made ahead whose entry point has done its imports and waits for a line (docs/decisions/0006-spares.md).
import { randomBytes } from "node:crypto";
import type { Writable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import type { NetworkLevel, PreparedImage, Resources, UnitPlan, UnitSpec } from "../backend.ts";
import type { HostNetwork } from "./network.ts";
import { UnitFolder } from "./unit-folder.ts";

/** A spare's host name is part of its sandbox, so only a unit of this name can take it. */
export const sparePrefix = "spare-";
export const spareHost = "algo-1";

const lookMilliseconds = 5;

/** Until a unit brings its own: enough for imports. */
export const spareResources: Resources = {
  cpus: 1,
  memoryBytes: 2 * 1024 ** 3,
  pids: 1024,
  diskBytes: 1024 ** 3,
  gpus: 0,
};

export interface Spare {
  readonly folder: UnitFolder;
  readonly limitsName: string;
  readonly input: Writable;
  readonly network: HostNetwork;
}

interface Wanted {
  readonly image: PreparedImage;
  readonly network: NetworkLevel;
  count: number;
  readonly spares: Promise<Spare>[];
}

export class Spares {
  readonly #make: (folder: UnitFolder, image: PreparedImage, network: NetworkLevel) => Promise<Spare>;
  readonly #giveUp: (spare: Spare) => Promise<void>;
  readonly #folder: string;
  readonly #report: (error: unknown) => void;
  readonly #wanted = new Map<string, Wanted>();

  /** `report` is told of what a spare that could not be made leaves behind; the next start removes it. */
  constructor(
    folder: string,
    make: (folder: UnitFolder, image: PreparedImage, network: NetworkLevel) => Promise<Spare>,
    giveUp: (spare: Spare) => Promise<void>,
    report: (error: unknown) => void,
  ) {
    this.#folder = folder;
    this.#make = make;
    this.#giveUp = giveUp;
    this.#report = report;
  }

  async warm(image: PreparedImage, network: NetworkLevel, count: number): Promise<void> {
    const key = `${image.id} ${network}`;
    const wanted = this.#wanted.get(key) ?? { image, network, count, spares: [] };
    wanted.count = image.canWait ? count : 0;
    this.#wanted.set(key, wanted);
    const surplus = wanted.spares.splice(wanted.count);
    this.#refill(wanted);
    await Promise.all([...surplus.map(async (spare) => this.#giveUp(await spare)), ...wanted.spares]);
  }

  /** A spare that fits the plan, which is the caller's from now on. */
  async take(plan: UnitPlan): Promise<Spare | undefined> {
    if (plan.hosts.length !== 1 || plan.host !== spareHost || plan.resources.gpus > 0) return undefined;
    const wanted = this.#wanted.get(`${plan.image.id} ${plan.network}`);
    const spare = await wanted?.spares.shift();
    return spare?.folder.isSupervised() ? spare : undefined;
  }

  /** Makes up for spares that were taken. Called when the unit has started, so as not to compete with it. */
  refill(): void {
    for (const wanted of this.#wanted.values()) this.#refill(wanted);
  }

  async close(): Promise<void> {
    const spares = [...this.#wanted.values()].flatMap((wanted) => wanted.spares);
    this.#wanted.clear();
    for (const spare of spares) await this.#giveUp(await spare);
  }

  #refill(wanted: Wanted): void {
    while (wanted.spares.length < wanted.count) {
      const folder = new UnitFolder(`${this.#folder}/${spareName()}`);
      const made = this.#make(folder, wanted.image, wanted.network);
      made.catch(() => {
        wanted.spares.splice(wanted.spares.indexOf(made), 1); // the next unit starts without a spare, and shows the reason
        folder.remove().catch(this.#report); // a disk that takes no folder does not let go of one either
      });
      wanted.spares.push(made);
    }
  }
}

function spareName(): string {
  return `${sparePrefix}${randomBytes(6).toString("hex")}`;
}

/** The line a spare waits for. */
export function orders(spec: UnitSpec): string {
  const { image, environment } = spec;
  return `${JSON.stringify({ arguments: spec.arguments, environment, workingDirectory: image.workingDirectory })}\n`;
}

/** Waits until a spare's program runs: before, its folder may not be renamed. @throws Error with its log if it ends first. */
export async function begun(folder: UnitFolder): Promise<void> {
  while (!folder.hasProgram) {
    if (folder.has("ended")) throw new Error(`A spare ended: ${folder.read("output") ?? ""}`);
    await setTimeout(lookMilliseconds);
  }
}
