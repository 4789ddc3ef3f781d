// Values of S3 Select: undefined is MISSING, null is NULL, a Date is a timestamp. Amazon S3 user guide, "Data types".
import { selectErrors } from "../errors.ts";
import { timestampOf, timestampText } from "./times.ts";

export type Value =
  | undefined
  | null
  | boolean
  | number
  | string
  | Date
  | readonly Value[]
  | { readonly [name: string]: Value };

const CAST_TYPES =
  "BOOL BOOLEAN INT INTEGER STRING VARCHAR CHAR CHARACTER FLOAT DOUBLE REAL DECIMAL NUMERIC TIMESTAMP".split(" ");

export const isCastType = (name: string): boolean => CAST_TYPES.includes(name);

export const isAbsent = (value: Value): value is null | undefined => value === null || value === undefined;

const NUMBER = /^\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?\s*$/;

/** The number that a value is or, as text, spells; undefined for others. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && NUMBER.test(value) ? Number(value) : undefined;
}

/** Below, at or above zero; undefined when the two cannot be compared. A field of a CSV file has no type of its own. */
export function compare(left: Value, right: Value): number | undefined {
  if (typeof left === "number" || typeof right === "number") {
    const [a, b] = [numberOf(left), numberOf(right)];
    return a === undefined || b === undefined ? undefined : a - b;
  }
  if (left instanceof Date && right instanceof Date) return left.getTime() - right.getTime();
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  if (typeof left !== "string" || typeof right !== "string") return undefined;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Text of a value in CSV, and of a cast to STRING. Null and MISSING have none. */
export function textOf(value: Value): string {
  if (isAbsent(value)) return "";
  if (value instanceof Date) return timestampText(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @throws ApiError CastFailed */
export function cast(value: Value, type: string): Value {
  if (isAbsent(value)) return value;
  const done = castOf(value, type);
  if (done === undefined)
    throw selectErrors.castFailed(
      `Attempt to convert from one data type to another using CAST failed in the SQL expression: ${JSON.stringify(textOf(value).slice(0, 80))} to ${type}.`,
    );
  return done;
}

function castOf(value: Value, type: string): Value {
  switch (type) {
    case "BOOL":
    case "BOOLEAN":
      return booleanOf(value);
    case "INT":
    case "INTEGER": {
      const number = typeof value === "boolean" ? Number(value) : numberOf(value);
      return number === undefined ? undefined : Math.trunc(number);
    }
    case "FLOAT":
    case "DOUBLE":
    case "REAL":
    case "DECIMAL":
    case "NUMERIC":
      return typeof value === "boolean" ? Number(value) : numberOf(value);
    case "TIMESTAMP":
      return value instanceof Date ? value : timestampOf(textOf(value));
    default:
      return textOf(value);
  }
}

function booleanOf(value: Value): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value !== 0;
  const text = typeof value === "string" ? value.trim().toLowerCase() : "";
  return text === "true" || text === "false" ? text === "true" : undefined;
}
