// From a unit's output to its log stream: every line once, also when the server is killed in between, because the
// offset in the output is stored in the same write as the lines. Numbers are scraped on the way.
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { LogEvent, LogStreamKey, Series } from "../store/series/series.ts";
import type { UnitLog } from "./job-kind.ts";
import { createScraper, type Reading } from "./metrics.ts";

/** Largest message of a log event: 256 KiB less 26 bytes of its own (PutLogEvents). */
export const LONGEST_MESSAGE_BYTES = 256 * 1024 - 26;

/** Output taken in one go; what is held in memory for one unit. */
const CHUNK_BYTES = 1024 * 1024;

/** Real time for what is left when a unit has ended; a flood that takes longer loses its middle, never its end. */
const FINISH_MS = 5000;

/** The end of a flood that is kept. */
const TAIL_BYTES = 32 * 1024;

const SHORTEST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 1000;

export interface FollowedUnit {
  readonly id: string;
  readonly key: LogStreamKey;
  readonly log: UnitLog;
}

export interface LogParts {
  readonly series: Series;
  /** Output of a unit from an offset to what has been written so far. */
  readonly open: (unitId: string, offset: number) => Promise<Readable>;
  readonly now: () => number;
}

export interface LastReading {
  readonly value: number;
  readonly at: number;
}

/** Follows one unit's output until it is finished. */
export class LogFollower {
  readonly #unit: FollowedUnit;
  readonly #parts: LogParts;
  readonly #scrape: (line: string) => readonly Reading[];
  readonly #stop = new AbortController();
  readonly metrics = new Map<string, LastReading>();
  #offset = 0;
  #following: Promise<void> | undefined;

  constructor(unit: FollowedUnit, parts: LogParts) {
    this.#unit = unit;
    this.#parts = parts;
    this.#scrape = createScraper(unit.log.metrics?.definitions ?? []);
  }

  /** Begins to follow in the background. `failed` hears of an error, after which following has ended. */
  start(failed: (cause: unknown) => void): void {
    this.#following = this.#follow().catch(failed);
  }

  /** Takes everything that is left, the last line without its end too, and makes it durable. The unit has ended. */
  async finish(): Promise<void> {
    this.#stop.abort();
    await this.#following;
    const deadline = performance.now() + FINISH_MS;
    while ((await this.#take(false)) > 0) if (performance.now() > deadline) await this.#skipToTail();
    await this.#take(true);
    await this.#parts.series.appendLogs(this.#unit.key, [], { sync: true });
  }

  /** Stops following; the rest is taken after the next start of the server. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    await this.#recall();
    let waitMs = SHORTEST_WAIT_MS;
    while (!this.#stop.signal.aborted) {
      const taken = await this.#take(false);
      if (taken >= CHUNK_BYTES / 2) continue;
      waitMs = taken > 0 ? SHORTEST_WAIT_MS : Math.min(waitMs * 1.5, LONGEST_WAIT_MS);
      await pause(waitMs, this.#stop.signal);
    }
  }

  /** After a restart: where we were, and the last numbers of what was taken before. */
  async #recall(): Promise<void> {
    const recorded = await this.#parts.series.logOffset(this.#unit.key, this.#unit.id);
    while (this.#offset < recorded && this.#unit.log.metrics) {
      const { lines, bytes } = splitLines((await this.#read()).subarray(0, recorded - this.#offset), true);
      if (bytes === 0) break;
      this.#record(lines);
      this.#offset += bytes;
    }
    this.#offset = recorded;
  }

  /** Takes whole lines (with `last` also a line that has no end). Returns the bytes taken. */
  async #take(last: boolean): Promise<number> {
    const { lines, bytes } = splitLines(await this.#read(), last);
    if (bytes === 0) return 0;
    const points = this.#record(lines);
    const { series } = this.#parts;
    if (points.length > 0) await series.putMetrics(points, { sync: false });
    const timestamp = this.#parts.now();
    const events: LogEvent[] = lines.filter((line) => line !== "").map((message) => ({ timestamp, message }));
    const source = { id: this.#unit.id, offset: this.#offset + bytes };
    await series.appendLogs(this.#unit.key, events, { sync: false, source });
    this.#offset = source.offset;
    return bytes;
  }

  /** Leaves out all but the last lines of the output, and says so in their place. */
  async #skipToTail(): Promise<void> {
    const output = await this.#parts.open(this.#unit.id, this.#offset);
    const { bytes, tail } = await measure(output, TAIL_BYTES);
    const begin = tail.indexOf(NEWLINE) + 1;
    const skipped = bytes - tail.length + begin;
    if (bytes <= TAIL_BYTES) return;
    const message = `[sagebrush] ${skipped} bytes of output are left out here: they came faster than a log can keep.`;
    const source = { id: this.#unit.id, offset: this.#offset + skipped };
    await this.#parts.series.appendLogs(this.#unit.key, [{ timestamp: this.#parts.now(), message }], {
      sync: false,
      source,
    });
    this.#offset = source.offset;
  }

  async #read(): Promise<Buffer> {
    const output = await this.#parts.open(this.#unit.id, this.#offset);
    return buffer(firstBytes(output, CHUNK_BYTES));
  }

  #record(lines: readonly string[]) {
    const { metrics } = this.#unit.log;
    if (!metrics) return [];
    const at = this.#parts.now();
    const { account, region } = this.#unit.key;
    const { namespace, dimensions } = metrics;
    return lines.flatMap(this.#scrape).map(({ name, value }) => {
      this.metrics.set(name, { value, at });
      return { account, region, namespace, dimensions, name, value, timestamp: at };
    });
  }
}

/** The first bytes of a stream; the rest is not read. */
async function* firstBytes(source: Readable, limit: number): AsyncIterable<Buffer> {
  let left = limit;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}

/** The length of a stream and its last bytes. */
async function measure(source: Readable, tailBytes: number) {
  let bytes = 0;
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    tail = Buffer.concat([tail, chunk]).subarray(-tailBytes);
  }
  return { bytes, tail };
}

const NEWLINE = 0x0a;
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/**
 * Whole lines at the start of the bytes, and how many bytes they took. A line longer than a message can be is cut at a
 * character; bytes that are no UTF-8 become U+FFFD. With `last`, what follows the last line end is a line too.
 */
export function splitLines(
  bytes: Buffer,
  last: boolean,
): { readonly lines: readonly string[]; readonly bytes: number } {
  const lines: string[] = [];
  let from = 0;
  while (from < bytes.length) {
    const end = bytes.indexOf(NEWLINE, from);
    const to = end === -1 ? bytes.length : end;
    if (to - from > LONGEST_MESSAGE_BYTES) {
      const cut = characterStart(bytes, from + LONGEST_MESSAGE_BYTES);
      lines.push(decoder.decode(bytes.subarray(from, cut)));
      from = cut;
      continue;
    }
    if (end === -1 && !last) break;
    lines.push(decoder.decode(bytes.subarray(from, to)).replace(/\r$/, ""));
    from = end === -1 ? to : end + 1;
  }
  return { lines, bytes: from };
}

/** The position, moved back to where a UTF-8 character begins (at most 3 bytes). */
function characterStart(bytes: Buffer, position: number): number {
  for (let at = position; at > position - 4; at -= 1) {
    if (((bytes[at] ?? 0) & 0xc0) !== 0x80) return at;
  }
  return position;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    timer.unref();
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}
