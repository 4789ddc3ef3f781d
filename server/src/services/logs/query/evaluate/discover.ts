// The fields that are found in a message of JSON: members of members and elements by their path, as queries name them.
import { type EventRecord, parseObject } from "./record.ts";
import { toText, type Value } from "./value.ts";

/** User guide, "Fields in JSON logs": fields found in one event. */
const MAX_FIELDS = 1000;
const MAX_DEPTH = 20;

/** Texts by field. */
export function discoverFields(message: string): Map<string, string> {
  const found = new Map<string, string>();
  const document = parseObject(message);
  if (typeof document === "object" && document !== null) walk(document, "", found, 0);
  return found;
}

function walk(value: object, prefix: string, found: Map<string, string>, depth: number): void {
  for (const [name, member] of Object.entries(value)) {
    if (found.size >= MAX_FIELDS) return;
    const path = prefix === "" ? (name.startsWith("@") ? `@${name}` : name) : `${prefix}.${name}`;
    if (typeof member === "object" && member !== null && depth < MAX_DEPTH) walk(member, path, found, depth + 1);
    else if (member !== null) found.set(path, toText(member as Value) ?? "");
  }
}

/** Everything known of an event, times in milliseconds since 1970. */
export const wholeRecord = (record: EventRecord): Record<string, string> => ({
  ...Object.fromEntries(discoverFields(record.event.message)),
  "@message": record.event.message,
  "@timestamp": String(record.event.timestamp),
  "@ingestionTime": String(record.event.ingestedAt),
  "@logStream": record.place.stream,
  "@log": `${record.place.account}:${record.place.group}`,
  "@ptr": record.pointer,
});
