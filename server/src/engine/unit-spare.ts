// The spare that a unit leaves for the next of its image: made once, when the unit needs the machine no more to start.
import type { PreparedImage } from "../backends/backend.ts";
import type { WantedUnit } from "./job-kind.ts";
import type { UnitParts } from "./unit-parts.ts";

export class UnitSpare {
  readonly #unit: Pick<WantedUnit, "id" | "network">;
  readonly #image: () => Promise<PreparedImage>;
  readonly #parts: UnitParts;
  #isMade = false;

  /** `image`: that of the unit. */
  constructor(unit: Pick<WantedUnit, "id" | "network">, image: () => Promise<PreparedImage>, parts: UnitParts) {
    this.#unit = unit;
    this.#image = image;
    this.#parts = parts;
  }

  /** Nobody waits for a spare, and the unit is well without one. Harmless when repeated. */
  make(): void {
    if (this.#isMade || this.#parts.spares === 0) return;
    this.#isMade = true;
    this.#warm().catch((cause: unknown) => {
      const message = "A spare could not be made; the next unit of this image starts without.";
      this.#parts.log.warn(message, { unit: this.#unit.id, cause });
    });
  }

  async #warm(): Promise<void> {
    const { backend, spares } = this.#parts;
    const image = await this.#image();
    if (image.canWait) await backend.warm(image, this.#unit.network, spares);
  }
}
