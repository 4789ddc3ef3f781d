// What is kept of a unit on this machine, beside its container. Whether it runs, and how it ended, only the engine says.
import { chmodSync, existsSync, lchownSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { UnitPlan } from "../backend.ts";
import { removeTree, shortName, UnitFiles } from "../shared/unit-files.ts";

/** Written by `reserve`. */
export interface StoredPlan {
  readonly id: string;
  readonly group: string;
  readonly ports: readonly number[];
  readonly platformSocket?: string;
  readonly diskBytes: number;
  readonly pids: number;
  /** Digest of an image of layers. */
  readonly image?: string;
}

/** Written when a container was made for the unit and is about to be started. */
export interface StoredStart {
  /** Id of the container. */
  readonly container: string;
  /** Boot of this machine in which it was started. proc(5) */
  readonly boot: string;
  /** What is run, to be named when it is not there. */
  readonly program: string;
  /** Folders of this machine, besides the unit's own, that count against its disk. */
  readonly writable: readonly string[];
}

/** A start that the engine refused, as an end of the unit. */
export interface StoredRefusal {
  readonly exitCode: number;
  readonly at: number;
}

const isUnitName = /^[0-9a-f]{12}$/;

export class UnitFolder extends UnitFiles {
  get plan(): StoredPlan | undefined {
    return this.readJson<StoredPlan>("plan.json");
  }

  get start(): StoredStart | undefined {
    return this.readJson<StoredStart>("start.json");
  }

  get refusal(): StoredRefusal | undefined {
    return this.readJson<StoredRefusal>("refused.json");
  }

  /** Makes the folders that the unit writes. `firstId`: of user 0 inside on this machine. */
  make(plan: UnitPlan, firstId: number): void {
    // Others may pass, not look: users of containers have to come to the folders below.
    mkdirSync(this.path, { recursive: true });
    chmodSync(this.path, 0o711);
    for (const [name, mode] of [
      ["ml", 0o755],
      ["tmp", 0o1777],
      ["mounts", 0o711],
      ["etc", 0o755],
    ] as const) {
      mkdirSync(this.at(name), { recursive: true });
      chmodSync(this.at(name), mode);
    }
    lchownSync(this.at("ml"), firstId, firstId);
    const stored: StoredPlan = {
      id: plan.id,
      group: plan.group,
      ports: plan.ports,
      ...(plan.platformSocket === undefined ? {} : { platformSocket: plan.platformSocket }),
      diskBytes: plan.resources.diskBytes,
      pids: plan.resources.pids,
      ...(plan.image.layered === undefined ? {} : { image: plan.image.layered.digest }),
    };
    this.write("plan.json", JSON.stringify(stored));
  }

  /** The plan goes last, so that a removal that was cut short can be repeated. Harmless when it is not there. */
  override async remove(): Promise<void> {
    for (const name of existsSync(this.path) ? readdirSync(this.path) : [])
      if (name !== "plan.json") await removeTree(this.at(name));
    await super.remove();
  }
}

export function unitFolder(folder: string, id: string): UnitFolder {
  return new UnitFolder(join(folder, shortName(id)));
}

export function unitFolders(folder: string): UnitFolder[] {
  const names = readdirSync(folder).filter((name) => isUnitName.test(name));
  return names.map((name) => new UnitFolder(join(folder, name)));
}
