// What is kept of a unit on this machine, beside its container. Whether it runs, and how it ended, only the engine says.
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { UnitPlan } from "../backend.ts";
import { isMissing } from "../shared/system-calls.ts";

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

export class UnitFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  has(name: string): boolean {
    return existsSync(this.at(name));
  }

  read(name: string): string | undefined {
    try {
      return readFileSync(this.at(name), "utf8");
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** All or nothing: a reader sees the old contents or the new. */
  write(name: string, contents: string): void {
    writeFileSync(this.at(`${name}.new`), contents, { mode: 0o600 });
    renameSync(this.at(`${name}.new`), this.at(name));
  }

  delete(name: string): void {
    rmSync(this.at(name), { force: true });
  }

  get plan(): StoredPlan | undefined {
    return parse<StoredPlan>(this.read("plan.json"));
  }

  get start(): StoredStart | undefined {
    return parse<StoredStart>(this.read("start.json"));
  }

  get refusal(): StoredRefusal | undefined {
    return parse<StoredRefusal>(this.read("refused.json"));
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
  async remove(): Promise<void> {
    for (const name of existsSync(this.path) ? readdirSync(this.path) : [])
      if (name !== "plan.json") await rm(this.at(name), { recursive: true, force: true });
    await rm(this.path, { recursive: true, force: true });
  }
}

export function unitFolder(folder: string, id: string): UnitFolder {
  return new UnitFolder(join(folder, shortName(id)));
}

export function unitFolders(folder: string): UnitFolder[] {
  const names = readdirSync(folder).filter((name) => isUnitName.test(name));
  return names.map((name) => new UnitFolder(join(folder, name)));
}

/** Short, and safe whatever the id holds. */
export function shortName(id: string): string {
  return createHash("sha256").update(id).digest("hex").slice(0, 12);
}

/** A machine that lost power may have kept a file's name without its contents: then it is as if never written. */
function parse<T>(text: string | undefined): T | undefined {
  return text === undefined || /^\0*$/.test(text) ? undefined : (JSON.parse(text) as T);
}
