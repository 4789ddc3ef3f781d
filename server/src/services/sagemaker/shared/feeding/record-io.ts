// RecordIO frames around bytes: magic, length with a flag, payload, zeros up to a multiple of four. The format is MXNet's
// (dmlc-core, recordio.h). Continued records are read as AWS's own Pipe mode reader reads them (sagemaker-tensorflow-
// extensions, RecordIOReader.cpp): parts simply follow one another. MXNet's reader puts the magic between them instead.

const MAGIC = Buffer.from([0x0a, 0x23, 0xd7, 0xce]);
const HEADER_BYTES = 8;
/** The length has 29 bits; a part that is followed by another needs no padding when it is a multiple of four. */
const LONGEST_PART_BYTES = 2 ** 29 - 4;

const flags = { whole: 0, first: 1, middle: 2, last: 3 } as const;

export interface RecordPart {
  readonly header: Buffer;
  readonly sizeBytes: number;
  readonly padding: Buffer;
}

/** The frames of one record, in order: one, unless it is longer than a frame can be. */
export function partsOfRecord(sizeBytes: number, longestBytes = LONGEST_PART_BYTES): readonly RecordPart[] {
  const count = Math.max(1, Math.ceil(sizeBytes / longestBytes));
  return Array.from({ length: count }, (_, index) => {
    const part = Math.min(longestBytes, sizeBytes - index * longestBytes);
    const flag = count === 1 ? flags.whole : index === 0 ? flags.first : index < count - 1 ? flags.middle : flags.last;
    const header = Buffer.alloc(HEADER_BYTES);
    MAGIC.copy(header);
    header.writeUInt32LE(flag * 2 ** 29 + part, 4);
    return { header, sizeBytes: part, padding: Buffer.alloc(-part & 3) };
  });
}

/** Whether bytes of this length that begin so are RecordIO already. `start`: at least the first eight of them. */
export function startsRecordIo(start: Uint8Array, sizeBytes: number): boolean {
  if (start.length < HEADER_BYTES || MAGIC.compare(start, 0, MAGIC.length) !== 0) return false;
  const word = Buffer.from(start.buffer, start.byteOffset, start.length).readUInt32LE(4);
  const length = word % 2 ** 29;
  return word / 2 ** 29 < 4 && HEADER_BYTES + length + (-length & 3) <= sizeBytes;
}

export interface Wrapping {
  readonly sizeBytes: number;
  /** Bytes that are RecordIO already go as they are. */
  readonly unlessRecordIo?: boolean;
  readonly longestBytes?: number;
}

/** The bytes as one record. @throws RangeError when they are not as many as was said */
export async function* asRecord(bytes: AsyncIterable<Uint8Array>, wrapping: Wrapping): AsyncGenerator<Uint8Array> {
  const { sizeBytes, unlessRecordIo = false, longestBytes = LONGEST_PART_BYTES } = wrapping;
  const { start, whole } = await beginning(bytes);
  if (unlessRecordIo && startsRecordIo(start, sizeBytes)) yield* whole;
  else yield* framed(whole, partsOfRecord(sizeBytes, longestBytes));
}

async function* framed(bytes: AsyncIterable<Uint8Array>, parts: readonly RecordPart[]): AsyncGenerator<Uint8Array> {
  const rest = parts.values();
  let part = rest.next().value;
  let left = part?.sizeBytes ?? 0;
  if (part) yield part.header;
  for await (const chunk of bytes) {
    for (let from = 0; from < chunk.length; ) {
      if (left === 0) {
        if (part) yield part.padding;
        part = rest.next().value;
        if (!part) throw new RangeError("More bytes came than the record was said to have.");
        left = part.sizeBytes;
        yield part.header;
      }
      const now = chunk.subarray(from, from + left);
      yield now;
      left -= now.length;
      from += now.length;
    }
  }
  if (left > 0 || !rest.next().done) throw new RangeError("Fewer bytes came than the record was said to have.");
  if (part) yield part.padding;
}

/** The first bytes, enough for a header if there are as many, and all of them again. */
async function beginning(
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ readonly start: Uint8Array; readonly whole: AsyncIterable<Uint8Array> }> {
  const reader = bytes[Symbol.asyncIterator]();
  let start: Uint8Array = Buffer.alloc(0);
  while (start.length < HEADER_BYTES) {
    const next = await reader.next();
    if (next.done) break;
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    try {
      if (start.length > 0) yield start;
      yield* { [Symbol.asyncIterator]: () => reader };
    } finally {
      await reader.return?.();
    }
  }
  return { start, whole: whole() };
}
