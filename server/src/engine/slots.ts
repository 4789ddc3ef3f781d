// The engine's side of capacity.ts: who holds and who waits right now, and who is told when slots become free.
import { admit, type Claim, type HeldClaim, holdMemory, waitingText } from "./capacity.ts";
import type { Machine } from "./instance-types.ts";

export interface SlotParts {
  readonly machine: Machine;
  readonly strict: boolean;
  /** Milliseconds on the steady scale. */
  readonly steady: () => number;
}

interface Waiting {
  readonly claim: Claim;
  /** Told once when the claim may start. */
  readonly granted: () => void;
}

export class SlotKeeper {
  readonly #parts: SlotParts;
  readonly #held = new Map<string, HeldClaim>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #memory = new Map<string, number>();
  /** Place in the queue of each that waits; made when asked for. */
  #places: Map<string, number> | undefined;
  #isDue = false;

  constructor(parts: SlotParts) {
    this.#parts = parts;
  }

  /** Puts the claim at the end of the queue unless it is there or holds already. */
  ask(claim: Claim, granted: () => void): void {
    if (this.#held.has(claim.id) || this.#waiting.has(claim.id)) return;
    this.#places?.set(claim.id, this.#waiting.size);
    this.#waiting.set(claim.id, { claim, granted });
    this.#admitSoon();
  }

  /** Takes slots for what runs already (found after a restart), whether there are any or not. */
  occupy(claim: Claim, since: number): void {
    this.#leave(claim.id);
    this.#held.set(claim.id, { ...claim, since });
  }

  holds(id: string): boolean {
    return this.#held.has(id);
  }

  /** Gives up a claim, waiting or held. */
  release(id: string): void {
    const wasHeld = this.#held.delete(id);
    const waited = this.#leave(id);
    if (wasHeld || waited) this.#admitSoon();
  }

  /** Why the claim waits; undefined when it does not. */
  reason(id: string): string | undefined {
    const waiting = this.#waiting.get(id);
    if (!waiting) return undefined;
    return waitingText(waiting.claim, this.#parts.machine.cpus, [...this.#held.values()], this.#ahead(id));
  }

  /** Claims asked for before this one; counted once for all who ask while nobody leaves the queue. */
  #ahead(id: string): number {
    this.#places ??= new Map([...this.#waiting.keys()].map((each, at) => [each, at]));
    return this.#places.get(id) ?? 0;
  }

  #leave(id: string): boolean {
    const waited = this.#waiting.delete(id);
    if (waited) this.#places = undefined;
    return waited;
  }

  /** Holds memory for a service's unit. @returns why not, when there is not enough */
  holdMemory(id: string, typeBytes: number): string | undefined {
    let heldBytes = 0;
    for (const [other, bytes] of this.#memory) if (other !== id) heldBytes += bytes;
    const answer = holdMemory({
      typeBytes,
      machineBytes: this.#parts.machine.memoryBytes,
      heldBytes,
      strict: this.#parts.strict,
    });
    if ("refusal" in answer) return answer.refusal;
    this.#memory.set(id, answer.bytes);
    return undefined;
  }

  releaseMemory(id: string): void {
    this.#memory.delete(id);
  }

  /** One look at the queue for all changes of this moment. */
  #admitSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#admit();
    });
  }

  #admit(): void {
    const held = [...this.#held.values()];
    const heldCpus = held.reduce((total, { cpus }) => total + cpus, 0);
    if (this.#waiting.size === 0 || heldCpus >= this.#parts.machine.cpus) return;
    const now = this.#parts.steady();
    const waiting = [...this.#waiting.values()].map(({ claim }) => claim);
    for (const claim of admit({ cpus: this.#parts.machine.cpus, held, waiting, now })) {
      const granted = this.#waiting.get(claim.id)?.granted;
      this.#leave(claim.id);
      this.#held.set(claim.id, { ...claim, since: now });
      granted?.();
    }
  }
}
