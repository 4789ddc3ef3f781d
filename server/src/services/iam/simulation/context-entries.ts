// Condition keys that the caller of a simulation gives, with their types.
import { isIP } from "node:net";
import type { ContextEntry } from "../../../../../contract/iam/types.ts";
import { invalidInput } from "../errors.ts";

type Check = (value: string) => boolean;

/** Keyed by ContextKeyType; each type has a list of its own beside it. */
const checks: Readonly<Record<string, Check>> = {
  string: () => true,
  numeric: (value) => value.trim() !== "" && Number.isFinite(Number(value)),
  boolean: (value) => /^(true|false)$/i.test(value),
  date: (value) => /^\d+(\.\d+)?$/.test(value) || !Number.isNaN(Date.parse(value)),
  ip: (value) => isIP(value.split("/")[0] ?? "") !== 0,
  binary: (value) => /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0,
};

/** By name of the key. @throws ApiError InvalidInput for values that are not of their type */
export function givenContext(entries: readonly ContextEntry[] = []): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    entries.map(({ ContextKeyName: name = "", ContextKeyValues: values = [], ContextKeyType: type = "string" }) => {
      const isList = type.endsWith("List");
      const kind = isList ? type.slice(0, -"List".length) : type;
      if (!isList && values.length > 1)
        throw invalidInput(`Context key ${name} of type ${type} takes one value, got ${values.length}.`);
      const wrong = values.find((value) => !checks[kind]?.(value));
      if (wrong !== undefined)
        throw invalidInput(`Context key ${name}: expected a value of type ${kind}, got ${wrong}.`);
      return [name, values];
    }),
  );
}
