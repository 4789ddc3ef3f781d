// Lines of several streams, merged by time, a page at a time.
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { LogStreamKey, Series, StoredLogEvent } from "../../../store/series/series.ts";
import { badToken } from "../errors.ts";
import type { Matches } from "../shared/pattern/pattern.ts";

/** Lines of one stream in memory at once, at most; of many streams each has fewer, of all together so much text. */
const CHUNK = 1000;
const CHUNK_BYTES = 256 * 1024;
const ALL_BYTES = 32 * 1_048_576;
/** Streams whose files are opened at once. */
const AT_ONCE = 50;
/** Lines looked at for one page: a rare word in a long log gives an empty page and a token, not a long wait. */
const SCAN_LIMIT = 100_000;
/** A page's text (Logs API reference, FilterLogEvents). */
const PAGE_BYTES = 1_048_576;
/** A token names every stream not yet read to its end; more than this was not made by us. */
const TOKEN_BYTES = 16 * 1_048_576;

export interface Found extends StoredLogEvent {
  readonly stream: string;
}

/** Where each stream has to be read on, by time and position; streams read to their end are not named. */
export type Positions = Readonly<Record<string, readonly [at: number, sequence: number]>>;

export const BEGINNING = [0, 0] as const;

export async function filterStreams(
  series: Series,
  query: {
    readonly group: Omit<LogStreamKey, "stream">;
    readonly from: Positions;
    readonly startTime: number;
    readonly endTime: number | undefined;
    readonly limit: number;
    readonly matches: Matches;
  },
): Promise<{ readonly found: readonly Found[]; readonly rest?: Positions }> {
  const starts = Object.entries(query.from);
  const limitBytes = Math.min(CHUNK_BYTES, Math.ceil(ALL_BYTES / Math.max(1, starts.length)));
  const heads = starts.map(([stream, next]) => new Head(stream, next, limitBytes));
  for (let at = 0; at < heads.length; at += AT_ONCE) {
    await Promise.all(heads.slice(at, at + AT_ONCE).map((head) => head.fill(series, query)));
  }
  const found: Found[] = [];
  /** The latest first, so that the next line is at the end; of one time the first stream's lines come together. */
  const open = heads.filter((head) => head.first).reverse();
  open.sort((one, other) => other.time - one.time);
  let bytes = 0;
  for (let scanned = 0; scanned < SCAN_LIMIT && found.length < query.limit; scanned++) {
    const head = open.at(-1);
    const event = head?.first;
    if (!head || !event) break;
    if (query.matches(event.message)) {
      bytes += Buffer.byteLength(event.message);
      if (found.length > 0 && bytes > PAGE_BYTES) break;
      found.push({ ...event, stream: head.stream });
    }
    await head.advance(series, query);
    open.pop();
    if (head.first) open.splice(placeFor(open, head.time), 0, head);
  }
  if (open.length === 0) return { found };
  return { found, rest: Object.fromEntries(open.map((head) => [head.stream, head.place])) };
}

/** Behind every head that is not earlier, by halving. */
function placeFor(open: readonly Head[], time: number): number {
  let [low, high] = [0, open.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((open[middle]?.time ?? 0) >= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One stream while it is read: the lines at hand, and where the next ones begin. */
class Head {
  readonly stream: string;
  next: Positions[string];
  #lines: readonly StoredLogEvent[] = [];
  #at = 0;
  readonly #limitBytes: number;

  constructor(stream: string, next: Positions[string], limitBytes: number) {
    this.stream = stream;
    this.next = next;
    this.#limitBytes = limitBytes;
  }

  get first(): StoredLogEvent | undefined {
    return this.#lines[this.#at];
  }

  get time(): number {
    return this.first?.timestamp ?? Number.POSITIVE_INFINITY;
  }

  get place(): Positions[string] {
    return this.first ? [this.first.timestamp, this.first.sequence] : this.next;
  }

  async advance(series: Series, query: Parameters<Head["fill"]>[1]): Promise<void> {
    this.#at++;
    if (!this.first) await this.fill(series, query);
  }

  async fill(
    series: Series,
    query: {
      readonly group: Omit<LogStreamKey, "stream">;
      readonly startTime: number;
      readonly endTime: number | undefined;
    },
  ): Promise<void> {
    const [at, sequence] = this.next;
    this.#lines = await series.readLogsInOrder(
      { ...query.group, stream: this.stream },
      {
        from: { at, sequence },
        limit: CHUNK,
        limitBytes: this.#limitBytes,
        startTime: query.startTime,
        ...(query.endTime === undefined ? {} : { endTime: query.endTime }),
      },
    );
    this.#at = 0;
    const last = this.#lines.at(-1);
    if (last) this.next = [last.timestamp, last.sequence + 1];
  }
}

export const writePositions = (rest: Positions): string => deflateRawSync(JSON.stringify(rest)).toString("base64url");

/** @throws ApiError InvalidParameter */
export function readPositions(token: string): Positions {
  let found: unknown;
  try {
    const text = inflateRawSync(Buffer.from(token, "base64url"), { maxOutputLength: TOKEN_BYTES }).toString();
    found = JSON.parse(text);
  } catch {
    // Whatever zlib or JSON says of it: it is no token of ours, and the caller is told so.
    throw badToken();
  }
  const isPositions =
    typeof found === "object" &&
    found !== null &&
    !Array.isArray(found) &&
    Object.values(found).every(
      (place) => Array.isArray(place) && place.length === 2 && place.every((at) => Number.isSafeInteger(at) && at >= 0),
    );
  if (!isPositions) throw badToken();
  return found as Positions;
}
