// In which order a host reads the objects, or lines, of an input in an epoch, and which of them are its own.
// API reference, ShuffleConfig and S3DataDistributionType. Pure.
import { createHash } from "node:crypto";
import type { S3DataDistribution } from "../../../../../../contract/sagemaker/types.ts";
import type { Host } from "../hosts.ts";

export interface Dealing {
  /** Seed of ShuffleConfig as text; absent: the order of the listing. */
  readonly seed?: string;
  /** Present with ShardedByS3Key: this host is number `index` of `of`. */
  readonly share?: Share;
}

export interface Share {
  readonly index: number;
  readonly of: number;
}

/**
 * Positions in the listing, in reading order. Shuffled anew for each epoch, the same for the same seed whatever the
 * input, so that two inputs with files side by side stay side by side. Dealt one by one, after shuffling: shares
 * differ by one at most, and with a seed each epoch deals anew.
 */
export function deal(count: number, epoch: number, { seed, share }: Dealing): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  if (seed !== undefined) shuffle(order, randomOf(`${seed}/${epoch}`));
  return share === undefined ? order : order.filter((_, place) => isOwn(place, share));
}

/** The part of the unit among those of all hosts; undefined when each host has all. */
export function shareOf(
  distribution: S3DataDistribution | undefined,
  hosts: readonly Host[],
  unitId: string,
): Share | undefined {
  if (distribution !== "ShardedByS3Key") return undefined;
  return { index: hosts.findIndex((host) => host.unitId === unitId), of: hosts.length };
}

/** Whether the host has what is at this place of the order. */
export const isOwn = (place: number, { index, of }: Share): boolean => place % of === index;

/** Fisher and Yates, as in Knuth, The Art of Computer Programming, 3.4.2, algorithm P. */
function shuffle(order: Uint32Array, random: () => number): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor((random() / 2 ** 32) * (last + 1));
    const kept = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = kept;
  }
}

/** xoshiro128** of Blackman and Vigna (2018), its state made of a text: whole numbers below 2^32. */
function randomOf(text: string): () => number {
  const digest = createHash("sha256").update(text).digest();
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => digest.readUInt32LE(at)) as [number, number, number, number];
  return () => {
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotated(d, 11);
    return result;
  };
}

const rotated = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
