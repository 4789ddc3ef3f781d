// A record is what commands work on: a log event with the fields found in it, or a row that stats made.
import type { StoredLogEvent } from "../../../../store/series/series.ts";
import { memberOf, sizeOf, Time, type Value } from "./value.ts";

export interface LogRecord {
  get(name: string): Value;
  /** Only what a command made: a function's column keeps its value behind stats. */
  made(name: string): Value;
  set(name: string, value: Value): void;
  /** @ptr of a log event. */
  readonly pointer?: string;
  /** About what it takes in memory. */
  readonly sizeBytes: number;
  copy(): LogRecord;
  /** Forgets what can be read again, for records that are kept. */
  rest(): void;
}

/** Where an event stands. */
export interface EventPlace {
  readonly account: string;
  readonly group: string;
  readonly stream: string;
}

const OBJECT_BYTES = 300;

export class EventRecord implements LogRecord {
  readonly event: StoredLogEvent;
  readonly place: EventPlace;
  #made: Map<string, Value> | undefined;
  #document: unknown;
  #isRead = false;

  constructor(event: StoredLogEvent, place: EventPlace) {
    this.event = event;
    this.place = place;
  }

  get pointer(): string {
    return writePointer({ ...this.place, sequence: this.event.sequence });
  }

  get sizeBytes(): number {
    return OBJECT_BYTES + this.event.message.length * 2 + madeBytes(this.#made);
  }

  made(name: string): Value {
    return this.#made?.get(name);
  }

  set(name: string, value: Value): void {
    this.#made ??= new Map();
    this.#made.set(name, value);
  }

  get(name: string): Value {
    if (this.#made?.has(name)) return this.#made.get(name);
    const dot = name.indexOf(".");
    if (this.#made && dot > 0 && this.#made.has(name.slice(0, dot))) {
      return ofJson(memberOf(this.#made.get(name.slice(0, dot)), name.slice(dot + 1)));
    }
    if (name.startsWith("@")) return this.#system(name);
    return ofJson(memberOf(this.document(), name));
  }

  /** The message as JSON, undefined when it is none. */
  document(): unknown {
    if (!this.#isRead) this.#document = parseObject(this.event.message);
    this.#isRead = true;
    return this.#document;
  }

  copy(): EventRecord {
    const copy = new EventRecord(this.event, this.place);
    for (const [name, value] of this.#made ?? []) copy.set(name, value);
    return copy;
  }

  rest(): void {
    this.#document = undefined;
    this.#isRead = false;
  }

  #system(name: string): Value {
    const { event, place } = this;
    switch (name) {
      case "@message":
        return event.message;
      case "@timestamp":
        return new Time(event.timestamp);
      case "@ingestionTime":
        return new Time(event.ingestedAt);
      case "@logStream":
        return place.stream;
      case "@log":
        return `${place.account}:${place.group}`;
      case "@ptr":
        return this.pointer;
      default:
        // A field of the message whose name begins with @ is told with another one before it.
        return name.startsWith("@@") ? ofJson(memberOf(this.document(), name.slice(1))) : undefined;
    }
  }
}

/** A row that a command made of several records. */
export class RowRecord implements LogRecord {
  readonly #made = new Map<string, Value>();

  get sizeBytes(): number {
    return OBJECT_BYTES + madeBytes(this.#made);
  }
  get(name: string): Value {
    if (this.#made.has(name)) return this.#made.get(name);
    const dot = name.indexOf(".");
    return dot > 0 ? ofJson(memberOf(this.#made.get(name.slice(0, dot)), name.slice(dot + 1))) : undefined;
  }
  made(name: string): Value {
    return this.#made.get(name);
  }
  set(name: string, value: Value): void {
    this.#made.set(name, value);
  }
  copy(): RowRecord {
    const copy = new RowRecord();
    for (const [name, value] of this.#made) copy.set(name, value);
    return copy;
  }
  rest(): void {}
}

function madeBytes(made: ReadonlyMap<string, Value> | undefined): number {
  let bytes = 0;
  for (const value of made?.values() ?? []) bytes += sizeOf(value);
  return bytes;
}

/** Null stands for what is not there. */
const ofJson = (value: unknown): Value => (value === null ? undefined : (value as Value));

export function parseObject(message: string): unknown {
  if (!message.trimStart().startsWith("{")) return undefined;
  return parseJson(message);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return undefined;
  }
}

export interface Pointed extends Omit<EventPlace, "account"> {
  readonly sequence: number;
}

const writePointer = ({ group, stream, sequence }: Pointed): string =>
  Buffer.from(JSON.stringify([group, stream, sequence])).toString("base64url");

/** What a @ptr leads to; undefined when it is none of ours. */
export function readPointer(pointer: string): Pointed | undefined {
  const found = parseJson(Buffer.from(pointer, "base64url").toString());
  if (!Array.isArray(found) || found.length !== 3) return undefined;
  const [group, stream, sequence] = found as readonly unknown[];
  if (typeof group !== "string" || typeof stream !== "string" || !Number.isSafeInteger(sequence)) return undefined;
  return { group, stream, sequence: sequence as number };
}
