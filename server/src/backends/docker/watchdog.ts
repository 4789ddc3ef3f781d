// Looks at running units, and ends those that have written more than their disk holds.
import type Dockerode from "dockerode";
import { diskUse } from "../shared/disk-use.ts";
import { ifThere } from "./engine.ts";
import type { UnitFolder } from "./unit-folder.ts";

const looksPerSecond = 4;
/** The share of time that looking may take. */
const effort = 0.1;

interface WatchdogParts {
  readonly engine: Dockerode;
  readonly running: () => readonly UnitFolder[];
  /** Told when a unit could not be looked at; the others are looked at all the same. */
  readonly report: (error: unknown, folder: UnitFolder) => void;
}

export class Watchdog {
  readonly #parts: WatchdogParts;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: WatchdogParts) {
    this.#parts = parts;
    this.#schedule(0);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #schedule(tookMilliseconds: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(
      async () => {
        const began = performance.now();
        for (const folder of this.#parts.running())
          await this.#look(folder).catch((error: unknown) => this.#parts.report(error, folder));
        this.#schedule(performance.now() - began);
      },
      Math.max(1000 / looksPerSecond, tookMilliseconds / effort),
    ).unref();
  }

  async #look(folder: UnitFolder): Promise<void> {
    const { plan, start } = folder;
    if (!plan || !start) return;
    const container = this.#parts.engine.getContainer(start.container);
    // With its size the engine adds up what the unit has written into its image.
    const seen = await ifThere(container.inspect({ size: true } as object));
    if (!seen?.State.Running) return;
    let room = plan.diskBytes - ((seen as { SizeRw?: number }).SizeRw ?? 0);
    for (const each of [folder.at("ml"), folder.at("tmp"), ...start.writable])
      if (room >= 0) room -= await diskUse(each, room);
    if (room >= 0) return;
    folder.write("overrun-disk", "");
    await ifThere(container.kill({ signal: "SIGKILL" }));
  }
}
