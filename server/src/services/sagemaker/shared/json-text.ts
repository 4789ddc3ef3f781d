// JSON read and written again with every number as it was written: no identifier may be rounded on its way through.
// JSON.parse with source text, Node 21 and newer (https://github.com/tc39/proposal-json-parse-with-source).

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

/** Numbers in it are texts of their own kind, see `isNumber`. @throws SyntaxError */
export const parseJson = (text: string): unknown =>
  JSON.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined ? JSON.rawJSON(source) : value,
  );

/** Whether a value that `parseJson` read is a number. */
export const isNumber = (value: unknown): boolean => JSON.isRawJSON(value);
