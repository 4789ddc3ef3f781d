// Points by metric, in memory: those that are in the write-ahead journal and in no chunk yet.
import type { MetricPoint } from "../../series.ts";

/** A point without its metric. */
export type Stored = readonly [at: number, value: MetricPoint["value"], unit?: string];

export class Table {
  readonly #points = new Map<number, Stored[]>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(id: number, point: Stored): void {
    const found = this.#points.get(id);
    if (found) found.push(point);
    else this.#points.set(id, [point]);
    this.#count++;
  }

  /** In the order added; start inclusive, end exclusive. */
  between(id: number, start: number, end: number): readonly Stored[] {
    return this.#points.get(id)?.filter(([at]) => at >= start && at < end) ?? [];
  }

  /** By the metric's id, each in order of time. */
  *sorted(): Generator<readonly [id: number, points: readonly Stored[]]> {
    for (const id of [...this.#points.keys()].sort((a, b) => a - b)) yield [id, byTime(this.#points.get(id) ?? [])];
  }
}

export const byTime = (points: readonly Stored[]): Stored[] => [...points].sort(([one], [other]) => one - other);
