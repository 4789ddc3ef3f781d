// Values of Logs Insights: texts, numbers, truths (told as 1 and 0), times, and lists and maps of JSON.

/** A time as the service tells it; milliseconds since 1970. */
export class Time {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

export type Value = undefined | string | number | boolean | Time | object;

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** Undefined for what is no number. */
export function toNumber(value: Value): number | undefined {
  switch (typeof value) {
    case "number":
      return value;
    case "boolean":
      return Number(value);
    case "string":
      return value.length < 64 && NUMBER.test(value) ? Number(value) : undefined;
    default:
      return value instanceof Time ? value.ms : undefined;
  }
}

/** As it stands in an answer; undefined for what is not there. */
export function toText(value: Value): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "boolean") return value ? "1" : "0";
  if (value instanceof Time) return timeText(value.ms);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Beyond it Date knows no day. */
export const LARGEST_TIME_MS = 8.64e15;

function timeText(ms: number): string {
  if (!(Math.abs(ms) <= LARGEST_TIME_MS)) return String(ms);
  return new Date(ms).toISOString().replace("T", " ").replace("Z", "");
}

/** What a filter takes for true. */
export const isTrue = (value: Value): boolean => {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return value === "true" || value === "1";
  return toNumber(value) === 1;
};

/** Numbers, or what reads as numbers, by size and before texts; texts by their code units; what is not there last. */
export function compareValues(one: Value, other: Value): number {
  if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
  const [number, otherNumber] = [toNumber(one), toNumber(other)];
  if (number !== undefined && otherNumber !== undefined) return number - otherNumber;
  if (number !== undefined || otherNumber !== undefined) return number === undefined ? 1 : -1;
  const [text = "", otherText = ""] = [toText(one), toText(other)];
  return text === otherText ? 0 : text < otherText ? -1 : 1;
}

export function isEqual(one: Value, other: Value): boolean {
  if (one === undefined || other === undefined) return false;
  const [number, otherNumber] = [toNumber(one), toNumber(other)];
  if (number !== undefined && otherNumber !== undefined) return number === otherNumber;
  if (typeof one === "boolean" && typeof other === "string") return String(one) === other;
  if (typeof other === "boolean" && typeof one === "string") return String(other) === one;
  return toText(one) === toText(other);
}

/** What a name leads to: a member whose name has dots is found before the members of members. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Object.hasOwn(value, name)) return (value as Readonly<Record<string, unknown>>)[name];
  for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
    const head = name.slice(0, dot);
    if (!Object.hasOwn(value, head)) continue;
    const found = memberOf((value as Readonly<Record<string, unknown>>)[head], name.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

const OBJECT_BYTES = 100;

/** About what a value takes in memory. */
export function sizeOf(value: Value): number {
  if (typeof value === "string") return OBJECT_BYTES + value.length * 2;
  if (typeof value !== "object" || value instanceof Time) return OBJECT_BYTES;
  let bytes = OBJECT_BYTES;
  for (const member of Object.values(value)) bytes += sizeOf(member as Value);
  return bytes;
}
