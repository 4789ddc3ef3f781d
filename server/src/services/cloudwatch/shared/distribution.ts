// Samples in rising order, told in runs; within a run they are spread evenly.
import type { Run } from "../../../engine/sample-set.ts";

/** The sample of this rank, 1 for the least; the greatest for a rank beyond them. */
export function valueAt(runs: readonly Run[], rank: number): number | undefined {
  let before = 0;
  for (const run of runs) {
    const [, , within] = run;
    if (before + within >= rank) return valueIn(run, rank - before);
    before += within;
  }
  return runs.at(-1)?.[1];
}

const valueIn = ([minimum, maximum, count]: Run, rank: number): number =>
  count <= 1 ? maximum : minimum + (maximum - minimum) * ((rank - 1) / (count - 1));

/** How many samples are not greater than the value. */
export function countUpTo(runs: readonly Run[], value: number): number {
  let found = 0;
  for (const [minimum, maximum, count] of runs) {
    if (maximum <= value) found += count;
    else if (minimum <= value) found += Math.floor(((value - minimum) / (maximum - minimum)) * (count - 1)) + 1;
    else break;
  }
  return found;
}

/** Of so many samples, from the least. */
export function sumOfFirst(runs: readonly Run[], samples: number): number {
  let left = samples;
  let sum = 0;
  for (const [minimum, maximum, count] of runs) {
    if (left <= 0) break;
    const taken = Math.min(left, count);
    const step = count <= 1 ? 0 : (maximum - minimum) / (count - 1);
    sum += taken * minimum + (step * taken * (taken - 1)) / 2;
    left -= taken;
  }
  return sum;
}
