// `rate(5 minutes)` and `cron(0 12 ? * MON-FRI *)`: when a rule is due. Times are UTC. Source: EventBridge user guide, "Cron
// expressions" and "Rate expressions".

export interface Schedule {
  /** Milliseconds since 1970 of the first time after another one; undefined when there is none any more. */
  next(after: number): number | undefined;
  /** Of a rate: its period. */
  readonly periodMs?: number;
}

/** A text that is no schedule. */
export class InvalidSchedule extends Error {
  override readonly name = "InvalidSchedule";
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const units: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };

/** @throws InvalidSchedule */
export function readSchedule(text: string): Schedule {
  const [, amount, unit = "", plural] = /^rate\(([1-9]\d*) (minute|hour|day)(s?)\)$/.exec(text) ?? [];
  if (amount !== undefined) {
    // One minute, two minutes; nothing else.
    if ((amount === "1") !== (plural === "")) throw new InvalidSchedule(text);
    const periodMs = Number(amount) * (units[unit] ?? 0);
    return { periodMs, next: (after) => after + periodMs };
  }
  const fields = /^cron\((.+)\)$/.exec(text)?.[1]?.trim().split(/\s+/);
  if (fields?.length !== 6) throw new InvalidSchedule(text);
  return readCron(fields as [string, string, string, string, string, string]);
}

interface FieldRange {
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const MINUTES = { least: 0, most: 59 };
const HOURS = { least: 0, most: 23 };
const DAYS = { least: 1, most: 31 };
const MONTHS = {
  least: 1,
  most: 12,
  names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
const WEEK_DAYS = { least: 1, most: 7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] };
const YEARS = { least: 1970, most: 2199 };

/** Whether a day of a month (both from 1) is one. */
type IsDay = (year: number, month: number, day: number) => boolean;

function readCron([minutes, hours, days, months, weekDays, years]: [
  string,
  string,
  string,
  string,
  string,
  string,
]): Schedule {
  // One of the two has to say nothing.
  if ((days === "?") === (weekDays === "?")) throw new InvalidSchedule("?");
  const minuteList = readField(minutes, MINUTES);
  const hourList = readField(hours, HOURS);
  const monthSet = new Set(readField(months, MONTHS));
  const yearList = readField(years, YEARS);
  const isDay = days === "?" ? readWeekDays(weekDays) : readDays(days);
  return {
    next(after) {
      const from = Math.floor(after / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
      const start = new Date(from);
      for (const year of yearList) {
        if (year < start.getUTCFullYear()) continue;
        const first = Math.max(Date.UTC(year, 0, 1), Math.floor(from / DAY_MS) * DAY_MS);
        for (let day = first; day < Date.UTC(year + 1, 0, 1); day += DAY_MS) {
          const date = new Date(day);
          const month = date.getUTCMonth() + 1;
          if (!monthSet.has(month) || !isDay(year, month, date.getUTCDate())) continue;
          const time = timeOfDay(day, from, hourList, minuteList);
          if (time !== undefined) return time;
        }
      }
      return undefined;
    },
  };
}

function timeOfDay(
  day: number,
  from: number,
  hours: readonly number[],
  minutes: readonly number[],
): number | undefined {
  for (const hour of hours) {
    for (const minute of minutes) {
      const time = day + hour * HOUR_MS + minute * MINUTE_MS;
      if (time >= from) return time;
    }
  }
  return undefined;
}

/** `*`, `5`, `1-5`, `0/10`, `10-30/5`, and lists of them. In ascending order. */
function readField(text: string, range: FieldRange): readonly number[] {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [, span = "", step] = /^([^/]+)(?:\/(\d+))?$/.exec(part) ?? [];
    const [from, to] = readSpan(span, range, step !== undefined);
    const by = step === undefined ? 1 : Number(step);
    if (by < 1) throw new InvalidSchedule(part);
    // FRI-MON goes over the end of the week.
    const size = range.most - range.least + 1;
    const length = from <= to ? to - from : to - from + size;
    for (let offset = 0; offset <= length; offset += by)
      found.add(((from - range.least + offset) % size) + range.least);
  }
  return [...found].sort((one, other) => one - other);
}

function readSpan(span: string, range: FieldRange, isStart: boolean): readonly [number, number] {
  if (span === "*") return [range.least, range.most];
  const [first = "", last, more] = span.split("-");
  if (more !== undefined) throw new InvalidSchedule(span);
  const from = readNumber(first, range);
  if (last === undefined) return [from, isStart ? range.most : from];
  const to = readNumber(last, range);
  if (to < from && range.names === undefined) throw new InvalidSchedule(span);
  return [from, to];
}

function readNumber(text: string, { least, most, names }: FieldRange): number {
  const named = names?.indexOf(text.toUpperCase()) ?? -1;
  const number = named >= 0 ? named + least : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most)) throw new InvalidSchedule(text);
  return number;
}

const lastDay = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
/** 1 is Sunday. */
const weekDayOf = (year: number, month: number, day: number): number =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;

/** Days of the month: also `L`, the last one, and `15W`, the weekday next to the 15th in its month. */
function readDays(text: string): IsDay {
  if (text === "L") return (year, month, day) => day === lastDay(year, month);
  if (text === "LW") return (year, month, day) => day === nextWeekDay(year, month, lastDay(year, month));
  const near = /^(\d+)W$/.exec(text)?.[1];
  if (near !== undefined) {
    const wanted = readNumber(near, DAYS);
    return (year, month, day) => wanted <= lastDay(year, month) && day === nextWeekDay(year, month, wanted);
  }
  const days = new Set(readField(text, DAYS));
  return (_year, _month, day) => days.has(day);
}

/** The nearest of Monday to Friday, in the same month. */
function nextWeekDay(year: number, month: number, day: number): number {
  const weekDay = weekDayOf(year, month, day);
  if (weekDay === 7) return day === 1 ? 3 : day - 1;
  if (weekDay === 1) return day === lastDay(year, month) ? day - 2 : day + 1;
  return day;
}

/** Days of the week: also `L`, Saturday, `5L`, the last Thursday, and `3#2`, the second Tuesday. */
function readWeekDays(text: string): IsDay {
  if (text === "L") return (year, month, day) => weekDayOf(year, month, day) === 7;
  const last = /^(\w+)L$/.exec(text)?.[1];
  if (last !== undefined) {
    const wanted = readNumber(last, WEEK_DAYS);
    return (year, month, day) => weekDayOf(year, month, day) === wanted && day > lastDay(year, month) - 7;
  }
  const [, name, which] = /^(\w+)#([1-5])$/.exec(text) ?? [];
  if (name !== undefined) {
    const wanted = readNumber(name, WEEK_DAYS);
    return (year, month, day) => weekDayOf(year, month, day) === wanted && Math.ceil(day / 7) === Number(which);
  }
  const days = new Set(readField(text, WEEK_DAYS));
  return (year, month, day) => days.has(weekDayOf(year, month, day));
}
