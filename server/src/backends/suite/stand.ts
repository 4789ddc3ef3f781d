// What every case of the suite works with: a backend on a fresh folder, units from a few words, waiting with a deadline.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Backend, PreparedImage, UnitSpec, UnitState } from "../backend.ts";

/** What a backend brings to the suite. */
export interface Candidate {
  readonly name: string;
  open(folder: string): Backend;
  /** An image with `/bin/sh` and `python3`. */
  readonly image: PreparedImage;
  /** Below it the backends' folders are made. */
  readonly folder: string;
  /** Command of a program that opens the backend on the folder in argv, starts the unit in argv (JSON), prints a line, waits. */
  readonly owner: readonly string[];
  /** Cases that this backend does not do, by the sentence, with the reason. */
  readonly skips?: Readonly<Record<string, string>>;
}

const waitSeconds = 60;
let count = 0;

export class Stand {
  readonly candidate: Candidate;
  readonly folder: string;
  readonly #test: TestContext;
  readonly #backends: Backend[] = [];

  constructor(test: TestContext, candidate: Candidate) {
    this.candidate = candidate;
    this.#test = test;
    this.folder = mkdtempSync(`${candidate.folder}/`);
    test.after(async () => {
      const last = this.#backends.at(-1) ?? this.open();
      try {
        for (const unit of await last.list()) await last.remove(unit.id);
      } finally {
        for (const backend of this.#backends) await backend.close();
        // Roots of images may hold folders that are closed to their owner.
        if (process.getuid?.() !== 0) spawnSync("chmod", ["--recursive", "u+rwX", this.folder]);
        rmSync(this.folder, { recursive: true, force: true });
      }
    });
  }

  /** A further backend over the same folder, as after a restart. */
  open(): Backend {
    const backend = this.candidate.open(this.folder);
    this.#backends.push(backend);
    return backend;
  }

  /** A unit that runs a shell command, alone in its group. */
  unit(command: string, more: Partial<UnitSpec> = {}): UnitSpec {
    const id = `${this.#test.name} ${++count}/1`;
    return {
      id,
      group: id,
      host: "algo-1",
      hosts: ["algo-1"],
      image: this.candidate.image,
      entrypoint: ["/bin/sh", "-c"],
      arguments: [command],
      environment: {},
      mounts: [],
      resources: { cpus: 1, memoryBytes: 256 * 2 ** 20, pids: 100, diskBytes: 2 ** 30, gpus: 0 },
      network: "isolated",
      ports: [],
      ...more,
    };
  }

  /** Runs a unit to its end. */
  async run(backend: Backend, spec: UnitSpec): Promise<{ readonly end: UnitState["end"]; readonly log: string }> {
    await backend.start(spec);
    const state = await ended(backend, spec.id);
    return { end: state.end, log: await logOf(backend, spec.id) };
  }
}

export async function ended(backend: Backend, id: string): Promise<UnitState> {
  return until(`unit ${id} has ended`, async () => {
    const state = await backend.state(id);
    return state?.phase === "ended" || state?.phase === "lost" ? state : undefined;
  });
}

export async function logOf(backend: Backend, id: string, offset = 0): Promise<string> {
  return text(await backend.log(id, offset));
}

/** Waits until the log has a line. A unit that has ended without it never will. */
export async function logHas(backend: Backend, id: string, words: string): Promise<string> {
  return until(`the log of ${id} has "${words}"`, async () => {
    const state = await backend.state(id); // before the log, which is complete when the unit has ended
    const log = await logOf(backend, id);
    if (log.includes(words)) return log;
    if (state?.phase === "ended" || state?.phase === "lost")
      throw new Error(`The log of ${id} lacks "${words}": ${JSON.stringify({ state, log })}`);
    return undefined;
  });
}

export async function until<T>(what: string, look: () => Promise<T | undefined>, everyMilliseconds = 10): Promise<T> {
  const deadline = Date.now() + waitSeconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`Waited ${waitSeconds} s in vain until ${what}.`);
    await setTimeout(everyMilliseconds);
  }
}

/** End of a unit without the time, for comparing whole. */
export function outcome(end: UnitState["end"]) {
  const { at: _at, ...rest } = end ?? { at: 0 };
  return rest;
}
