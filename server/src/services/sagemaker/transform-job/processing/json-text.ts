// JSON read and written again with every number as it was written: a filter must not round an identifier.
// JSON.parse with source text, Node 21 and newer (https://github.com/tc39/proposal-json-parse-with-source).
import { BadRecord } from "../records.ts";

declare global {
  // TypeScript's own library does not know them yet.
  interface JSON {
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown;
    rawJSON(text: string): object;
    isRawJSON(value: unknown): boolean;
  }
}

/** Numbers in it are texts of their own kind, see `isNumber`. @throws BadRecord; `what` names the text */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text, (_key, value, { source }) =>
      typeof value === "number" && source !== undefined ? JSON.rawJSON(source) : value,
    );
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new BadRecord(`${what} is no JSON: ${cause.message}`);
    throw cause;
  }
}

/** Whether a value that `parseJson` read is a number. */
export const isNumber = (value: unknown): boolean => JSON.isRawJSON(value);
