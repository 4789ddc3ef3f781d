// Periods of bin, datefloor and dateceil: a number and a unit. Months, quarters and years are those of the calendar, UTC.
// Source: CloudWatch Logs user guide, `stats`: units that bin takes.
import { LARGEST_TIME_MS } from "./value.ts";

interface Unit {
  readonly ms?: number;
  readonly months?: number;
}

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const units: readonly (readonly [names: string, unit: Unit])[] = [
  ["millisecond ms msec", { ms: 1 }],
  ["second s sec", { ms: SECOND }],
  ["minute m min", { ms: 60 * SECOND }],
  ["hour h hr", { ms: 3600 * SECOND }],
  ["day d", { ms: DAY }],
  ["week w", { ms: 7 * DAY }],
  ["month mo mon", { months: 1 }],
  ["quarter q qtr", { months: 3 }],
  ["year y yr", { months: 12 }],
];
const byName = new Map(
  units.flatMap(([names, unit]) =>
    names.split(" ").flatMap((name): [string, Unit][] => [
      [name, unit],
      [`${name}s`, unit],
    ]),
  ),
);

export interface Period {
  floor(ms: number): number;
  ceil(ms: number): number;
}

/** Undefined for what is no period; `5m`, `1hour`. */
export function readPeriod(text: string): Period | undefined {
  const found = /^(\d+)([A-Za-z]+)$/.exec(text);
  const count = Number(found?.[1]);
  const unit = byName.get((found?.[2] ?? "").toLowerCase());
  if (!found || !unit || !Number.isSafeInteger(count) || count < 1) return undefined;
  const { ms, months } = unit;
  const size = count * (ms ?? months ?? 1);
  if (!Number.isSafeInteger(size)) return undefined;
  const floor = ms === undefined ? monthFloor(size) : (at: number) => Math.floor(at / size) * size;
  return {
    floor,
    ceil(at) {
      const start = floor(at);
      if (start === at) return at;
      return ms === undefined ? addMonths(start, size) : start + size;
    },
  };
}

const monthFloor = (size: number) => (at: number) => {
  if (!(Math.abs(at) <= LARGEST_TIME_MS)) return at;
  const date = new Date(at);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
  const start = Math.floor(month / size) * size;
  return Date.UTC(Math.floor(start / 12), start % 12);
};

function addMonths(at: number, months: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months);
}
