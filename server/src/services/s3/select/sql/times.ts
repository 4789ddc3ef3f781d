// Timestamps of S3 Select. Amazon S3 user guide, "Date functions": ISO 8601 with any precision from the year on.
const ISO = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T(?:(\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?)?(Z|[-+]\d{2}:\d{2})?)?$/;

const MINUTE_MS = 60_000;

/** Undefined when the text is none. */
export function timestampOf(text: string): Date | undefined {
  const match = ISO.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month = "1", day = "1", hour = "0", minute = "0", second = "0", fraction = "0", zone = "Z"] = match;
  const at = Date.UTC(+(year ?? 0), +month - 1, +day, +hour, +minute, +second, Math.trunc(Number(fraction) * 1000));
  const date = new Date(at - offsetMs(zone));
  const isReal =
    +month >= 1 && +month <= 12 && new Date(at).getUTCDate() === +day && +hour < 24 && +minute < 60 && +second < 60;
  return isReal ? date : undefined;
}

function offsetMs(zone: string): number {
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  return (zone.startsWith("-") ? -minutes : minutes) * MINUTE_MS;
}

/** `2020-09-30T12:00:00Z`, with milliseconds only where there are some. */
export const timestampText = (date: Date): string => date.toISOString().replace(".000Z", "Z");

const UNIT_MS: Readonly<Record<string, number>> = { day: 86_400_000, hour: 3_600_000, minute: MINUTE_MS, second: 1000 };

/** Undefined for a part that is none. */
export function datePart(part: string, date: Date): number | undefined {
  switch (part) {
    case "year":
      return date.getUTCFullYear();
    case "month":
      return date.getUTCMonth() + 1;
    case "day":
      return date.getUTCDate();
    case "hour":
      return date.getUTCHours();
    case "minute":
      return date.getUTCMinutes();
    case "second":
      return date.getUTCSeconds();
    case "timezone_hour":
    case "timezone_minute":
      return 0;
    default:
      return undefined;
  }
}

/** Undefined for a part that is none. A day that a month lacks becomes its last. */
export function addToDate(part: string, count: number, date: Date): Date | undefined {
  const unit = UNIT_MS[part];
  if (unit !== undefined) return new Date(date.getTime() + count * unit);
  const months = { year: 12, month: 1 }[part];
  if (months === undefined) return undefined;
  const moved = new Date(date);
  moved.setUTCDate(1);
  moved.setUTCMonth(moved.getUTCMonth() + count * months);
  const lastDay = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate();
  moved.setUTCDate(Math.min(date.getUTCDate(), lastDay));
  return moved;
}

/** Whole parts from one to the other; undefined for a part that is none. */
export function dateDifference(part: string, from: Date, to: Date): number | undefined {
  const unit = UNIT_MS[part];
  if (unit !== undefined) return Math.trunc((to.getTime() - from.getTime()) / unit);
  const months = { year: 12, month: 1 }[part];
  if (months === undefined) return undefined;
  let count = (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth();
  const reached = addToDate("month", count, from) ?? from;
  if (count > 0 && reached > to) count -= 1;
  if (count < 0 && reached < to) count += 1;
  return Math.trunc(count / months);
}

const two = (value: number): string => String(value).padStart(2, "0");

/** Letters of TO_STRING's patterns (user guide, "TO_STRING"), the longest of each first. */
const symbols: readonly (readonly [string, (date: Date) => string])[] = [
  ["yyyy", (date) => String(date.getUTCFullYear()).padStart(4, "0")],
  ["yy", (date) => two(date.getUTCFullYear() % 100)],
  ["y", (date) => String(date.getUTCFullYear())],
  ["MMMM", (date) => date.toLocaleString("en", { month: "long", timeZone: "UTC" })],
  ["MMM", (date) => date.toLocaleString("en", { month: "short", timeZone: "UTC" })],
  ["MM", (date) => two(date.getUTCMonth() + 1)],
  ["M", (date) => String(date.getUTCMonth() + 1)],
  ["dd", (date) => two(date.getUTCDate())],
  ["d", (date) => String(date.getUTCDate())],
  ["a", (date) => (date.getUTCHours() < 12 ? "AM" : "PM")],
  ["hh", (date) => two(date.getUTCHours() % 12 || 12)],
  ["h", (date) => String(date.getUTCHours() % 12 || 12)],
  ["HH", (date) => two(date.getUTCHours())],
  ["H", (date) => String(date.getUTCHours())],
  ["mm", (date) => two(date.getUTCMinutes())],
  ["m", (date) => String(date.getUTCMinutes())],
  ["ss", (date) => two(date.getUTCSeconds())],
  ["s", (date) => String(date.getUTCSeconds())],
  ["SSS", (date) => String(date.getUTCMilliseconds()).padStart(3, "0")],
  ["S", (date) => String(Math.trunc(date.getUTCMilliseconds() / 100))],
  ["XXX", () => "Z"],
  ["X", () => "Z"],
];

export function formatTimestamp(date: Date, pattern: string): string {
  let text = "";
  let at = 0;
  while (at < pattern.length) {
    const quoted = /^'([^']*)'/.exec(pattern.slice(at));
    const symbol = quoted === null ? symbols.find(([letters]) => pattern.startsWith(letters, at)) : undefined;
    text += quoted?.[1] ?? symbol?.[1](date) ?? pattern[at];
    at += quoted?.[0].length ?? symbol?.[0].length ?? 1;
  }
  return text;
}
