// Summaries of many values in bounded memory: how many are different, and which stand where in order.
import { hash } from "node:crypto";

/** Values counted exactly; beyond them the smallest hashes are kept, and their density tells how many there are. */
const EXACT = 8192;
/** What one takes in memory. */
const ENTRY_BYTES = 40;
const HASH_BYTES = 6;
const HASHES = 2 ** (8 * HASH_BYTES);

/** Counts different texts: k minimum values (Bar-Yossef et al., 2002), within some two hundredths beyond 8192. */
export class DistinctCounter {
  #hashes = new Set<number>();
  /** Hashes above are not kept any more. */
  #limit = HASHES;

  add(text: string): void {
    const value = hash("sha1", text, "buffer").readUIntBE(0, HASH_BYTES);
    if (value >= this.#limit) return;
    this.#hashes.add(value);
    if (this.#hashes.size < 2 * EXACT) return;
    const sorted = [...this.#hashes].sort((one, other) => one - other);
    this.#limit = sorted[EXACT] ?? HASHES;
    this.#hashes = new Set(sorted.slice(0, EXACT));
  }

  get sizeBytes(): number {
    return this.#hashes.size * ENTRY_BYTES;
  }

  count(): number {
    if (this.#limit === HASHES) return this.#hashes.size;
    return Math.round((this.#hashes.size * HASHES) / this.#limit);
  }
}

/** Numbers kept one by one; beyond them neighbours in order are joined. */
const SAMPLES = 10_000;

/** Percentiles of numbers; exact for up to 20,000, then by the means of neighbours. */
export class Percentiles {
  #samples: { value: number; weight: number }[] = [];

  add(value: number): void {
    this.#samples.push({ value, weight: 1 });
    if (this.#samples.length >= 2 * SAMPLES) this.#join();
  }

  get sizeBytes(): number {
    return this.#samples.length * ENTRY_BYTES;
  }

  /** By linear interpolation between the neighbours in order; undefined without numbers. `percent`: 0 to 100. */
  at(percent: number): number | undefined {
    const samples = this.#sorted();
    const total = samples.reduce((sum, { weight }) => sum + weight, 0);
    const target = (Math.min(Math.max(percent, 0), 100) / 100) * (total - 1);
    let before = samples[0];
    let beforeRank = 0;
    let seen = 0;
    for (const sample of samples) {
      const rank = seen + (sample.weight - 1) / 2;
      if (rank >= target) return between(before ?? sample, beforeRank, sample, rank, target);
      before = sample;
      beforeRank = rank;
      seen += sample.weight;
    }
    return before?.value;
  }

  #sorted() {
    return this.#samples.sort((one, other) => one.value - other.value);
  }

  #join(): void {
    const sorted = this.#sorted();
    this.#samples = [];
    for (let at = 0; at < sorted.length; at += 2) {
      const [one, other] = [sorted[at], sorted[at + 1]];
      if (!one || !other) break;
      const weight = one.weight + other.weight;
      this.#samples.push({ value: (one.value * one.weight + other.value * other.weight) / weight, weight });
    }
  }
}

interface Sample {
  readonly value: number;
}

function between(before: Sample, beforeRank: number, after: Sample, rank: number, target: number): number {
  if (rank === beforeRank || target <= beforeRank) return target <= beforeRank ? before.value : after.value;
  return before.value + ((after.value - before.value) * (target - beforeRank)) / (rank - beforeRank);
}
