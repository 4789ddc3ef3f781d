// Metric filters: a row each, and all of them compiled in memory, so that a line of a group without filters costs one look
// into a map.
import type { Row, Rows } from "../../../../store/rows/rows.ts";
import type { LogEvent, LogStreamKey, MetricPoint } from "../../../../store/series/series.ts";
import { type Place, scopeOf } from "../groups.ts";
import { compileFilterPattern } from "../pattern/compile.ts";
import { InvalidPattern } from "../pattern/error.ts";
import { type FilterPattern, withoutValues } from "../pattern/pattern.ts";
import { type CompiledFilter, defaultPoint, pointsOf, type Transformation } from "./points.ts";

export interface FilterDocument {
  readonly group: string;
  readonly filterName: string;
  readonly filterPattern: string;
  readonly transformation: Transformation;
}

export type FilterRow = Row<FilterDocument>;

const FILTER = "logs:metric-filter";
const MINUTE_MS = 60_000;

type Group = Omit<LogStreamKey, "stream">;

interface Kept extends CompiledFilter {
  readonly group: Group;
  readonly row: FilterRow;
  /** Minutes in which lines came, and whether one was found; only where a default value waits for their end. */
  readonly minutes: Map<number, boolean>;
}

export class MetricFilters {
  readonly #rows: Rows;
  readonly #now: () => number;
  /** By group, then by name. */
  readonly #kept = new Map<string, Map<string, Kept>>();

  private constructor(rows: Rows, now: () => number) {
    this.#rows = rows;
    this.#now = now;
  }

  static async open(rows: Rows, now: () => number): Promise<MetricFilters> {
    const filters = new MetricFilters(rows, now);
    for await (const row of rows.everywhere<FilterDocument>(FILTER, [])) filters.#keep(row);
    return filters;
  }

  /** By name. */
  ofGroup(group: Group): readonly FilterRow[] {
    const rows = [...(this.#kept.get(groupKey(group))?.values() ?? [])].map(({ row }) => row);
    return rows.sort((one, other) => (one.document.filterName < other.document.filterName ? -1 : 1));
  }

  /** Every filter of an account and region, by name and then by group. */
  ofPlace(place: Place): readonly FilterRow[] {
    const scope = scopeOf(place);
    const rows = [...this.#kept.values()].flatMap((group) => [...group.values()].map(({ row }) => row));
    return rows.filter((row) => row.scope === scope).sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
  }

  /** How many of the group's filters have regular expressions. */
  withExpressions(group: Group, except: string): number {
    const kept = [...(this.#kept.get(groupKey(group))?.values() ?? [])];
    return kept.filter(({ pattern, row }) => pattern.expressions > 0 && row.document.filterName !== except).length;
  }

  async put(place: Place, document: FilterDocument, at: number): Promise<void> {
    const row = { ...rowKey(place, document), status: "Active", createdAt: at, modifiedAt: at, document, version: 1 };
    await this.#rows.commit({ put: [row] });
    this.#keep(row);
  }

  async remove(place: Place, named: Pick<FilterDocument, "group" | "filterName">): Promise<void> {
    await this.#rows.commit({ remove: [rowKey(place, named)] });
    const key = groupKey({ ...place, group: named.group });
    const group = this.#kept.get(key);
    group?.delete(named.filterName);
    if (group?.size === 0) this.#kept.delete(key);
  }

  async removeGroup(group: Group): Promise<void> {
    const rows = this.ofGroup(group);
    if (rows.length > 0) await this.#rows.commit({ remove: rows });
    this.#kept.delete(groupKey(group));
  }

  has(group: Group): boolean {
    return this.#kept.has(groupKey(group));
  }

  /** What the group's filters make of lines that have come now. */
  async pointsOf(group: Group, events: readonly LogEvent[]): Promise<readonly MetricPoint[]> {
    const all: MetricPoint[] = [];
    const minute = Math.floor(this.#now() / MINUTE_MS) * MINUTE_MS;
    for (const kept of this.#kept.get(groupKey(group))?.values() ?? []) {
      const points = await pointsOf(kept, group, events);
      all.push(...points);
      if (kept.transformation.defaultValue === undefined) continue;
      kept.minutes.set(minute, points.length > 0 || kept.minutes.get(minute) === true);
    }
    return all;
  }

  /** Default values of minutes that have ended without a line that was found. */
  takeDefaults(until = Math.floor(this.#now() / MINUTE_MS) * MINUTE_MS): readonly MetricPoint[] {
    const points: MetricPoint[] = [];
    for (const group of this.#kept.values())
      for (const { group: place, transformation, minutes } of group.values())
        for (const [minute, isFound] of minutes) {
          if (minute >= until) continue;
          minutes.delete(minute);
          if (!isFound) points.push(defaultPoint(place, transformation, minute));
        }
    return points;
  }

  #keep(row: FilterRow): void {
    const [account = "", region = ""] = row.scope.split("/");
    const { group, filterName, filterPattern, transformation } = row.document;
    const place = { account, region, group };
    const key = groupKey(place);
    const named = this.#kept.get(key) ?? new Map<string, Kept>();
    const minutes = named.get(filterName)?.minutes ?? new Map<number, boolean>();
    const pattern = compileKept(filterPattern);
    this.#kept.set(key, named.set(filterName, { group: place, row, transformation, pattern, minutes }));
  }
}

/** A pattern that an older server took and this one does not finds nothing; the server starts all the same. */
function compileKept(pattern: string): FilterPattern {
  try {
    return compileFilterPattern(pattern);
  } catch (cause) {
    if (!(cause instanceof InvalidPattern)) throw cause;
    return withoutValues(() => false, 0);
  }
}

/** Filters are listed in the order of this text. */
export const orderOf = ({ document }: FilterRow): string => `${document.filterName}\n${document.group}`;

const groupKey = ({ account, region, group }: Group): string => `${account}/${region}/${group}`;

/** Neither a group's name nor a filter's has a colon. */
const rowKey = (place: Place, { group, filterName }: Pick<FilterDocument, "group" | "filterName">) => ({
  kind: FILTER,
  scope: scopeOf(place),
  name: `${group}:${filterName}`,
});
