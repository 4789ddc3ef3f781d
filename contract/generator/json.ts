// Writes the generated tables: compact JSON, but a line for each entry of a table, sorted, so that a diff shows what
// changed.

/** Keys whose value is a table of entries are spread over lines; everything else stays on one. */
export function renderTable(value: object): string {
  const lines = Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}:${renderPart(part)}`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

function renderPart(part: unknown): string {
  if (typeof part !== "object" || part === null || Array.isArray(part)) return JSON.stringify(part);
  const entries = Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0
    ? "{}"
    : `{\n${entries.map(([key, entry]) => `${JSON.stringify(key)}:${JSON.stringify(entry)}`).join(",\n")}\n}`;
}
