// Cuts an input file of RecordIO or TFRecord into requests of whole records. Streams; holds one payload.
//
// RecordIO: magic, a word of 3 bits for the kind of part and 29 for its length, bytes, zeros up to a multiple of four
// (MXNet, dmlc-core recordio.h). TFRecord: length in 8 bytes, its check sum, bytes, their check sum (TensorFlow guide,
// TFRecord). What wraps a record is taken away when each goes alone, and stays when several go together (API reference,
// TransformInput, SplitType).
import type { TransformParameters } from "./parameters.ts";
import { BadRecord, LONGEST_RECORD_BYTES, type Piece, UNLIMITED_PIECE_BYTES } from "./records.ts";

export type Wrapper = "RecordIO" | "TFRecord";

interface Frame {
  /** Bytes of the payload, and of all. */
  readonly payload: number;
  readonly whole: number;
  /** Whether another part of the same record follows. */
  readonly goesOn: boolean;
}

interface Format {
  /** Before the payload. */
  readonly headBytes: number;
  /** @throws BadRecord when the head is none */
  frame(head: Buffer): Frame;
  /** Between the payloads of a record that was split. */
  readonly joint: Buffer;
}

const MAGIC = Buffer.from([0x0a, 0x23, 0xd7, 0xce]);
const parts = { whole: 0, first: 1, middle: 2, last: 3 } as const;

const formats: Readonly<Record<Wrapper, Format>> = {
  RecordIO: {
    headBytes: 8,
    joint: MAGIC,
    frame(head) {
      const [magic, word] = [head.subarray(0, 4), head.readUInt32LE(4)];
      const [part, payload] = [Math.floor(word / 2 ** 29), word % 2 ** 29];
      if (!magic.equals(MAGIC) || part > parts.last)
        throw new BadRecord(`expected RecordIO's magic number 0a23d7ce, got ${magic.toString("hex")}`);
      const goesOn = part === parts.first || part === parts.middle;
      return { payload, whole: 8 + payload + (-payload & 3), goesOn };
    },
  },
  TFRecord: {
    headBytes: 12,
    joint: Buffer.alloc(0),
    frame(head) {
      const payload = Number(head.readBigUInt64LE(0));
      return { payload, whole: 12 + payload + 4, goesOn: false };
    },
  },
};

/**
 * Pieces of a file of wrapped records, which count from 1.
 * @throws BadRecord for bytes that are no record, a file that ends inside one, and a record longer than a payload
 */
export async function* wrappedPieces(
  source: AsyncIterable<Buffer>,
  wrapper: Wrapper,
  { payloadBytes, strategy }: Pick<TransformParameters, "payloadBytes" | "strategy">,
): AsyncIterable<Piece> {
  const records = wrappedRecords(source, formats[wrapper], payloadBytes ?? LONGEST_RECORD_BYTES);
  const fit = payloadBytes ?? UNLIMITED_PIECE_BYTES;
  let waiting: Buffer[] = [];
  let [length, number] = [0, 0];
  const piece = (): Piece => ({ body: Buffer.concat(waiting), first: number - waiting.length + 1, last: number });
  for await (const { wrapped, payload } of records) {
    if (strategy === "SingleRecord") {
      number += 1;
      if (payload.length > 0) yield { body: payload, first: number, last: number };
      continue;
    }
    if (waiting.length > 0 && length + wrapped.length > fit) {
      yield piece();
      [waiting, length] = [[], 0];
    }
    number += 1;
    waiting.push(wrapped);
    length += wrapped.length;
  }
  if (waiting.length > 0) yield piece();
}

interface WrappedRecord {
  readonly wrapped: Buffer;
  readonly payload: Buffer;
}

async function* wrappedRecords(
  source: AsyncIterable<Buffer>,
  format: Format,
  longest: number,
): AsyncIterable<WrappedRecord> {
  let number = 1;
  let chunks: Buffer[] = [];
  let [length, needed] = [0, format.headBytes];
  for await (const chunk of source) {
    chunks.push(chunk);
    length += chunk.length;
    // Bytes are joined once a record, not once a chunk.
    if (length < needed) continue;
    let bytes = Buffer.concat(chunks);
    for (;;) {
      const record = recordAt(bytes, format, { number, longest });
      if (typeof record === "number") {
        needed = record;
        break;
      }
      yield record;
      bytes = bytes.subarray(record.wrapped.length);
      number += 1;
    }
    chunks = [bytes];
    length = bytes.length;
  }
  if (length > 0) throw new BadRecord(`record ${number}: the file ends inside it`);
}

/** The record that bytes begin with, or how many bytes have to be there to go on. @throws BadRecord */
function recordAt(
  bytes: Buffer,
  format: Format,
  { number, longest }: { readonly number: number; readonly longest: number },
): WrappedRecord | number {
  const payloads: Buffer[] = [];
  for (let at = 0; ; ) {
    if (bytes.length < at + format.headBytes) return at + format.headBytes;
    const frame = frameAt(bytes, at, format, number);
    const end = at + frame.whole;
    if (end > longest)
      throw new BadRecord(`record ${number} has more than the ${longest} bytes that MaxPayloadInMB allows`);
    if (bytes.length < end) return end;
    if (payloads.length > 0) payloads.push(format.joint);
    const start = at + format.headBytes;
    payloads.push(bytes.subarray(start, start + frame.payload));
    at = end;
    if (!frame.goesOn) return { wrapped: bytes.subarray(0, at), payload: Buffer.concat(payloads) };
  }
}

function frameAt(bytes: Buffer, at: number, format: Format, number: number): Frame {
  try {
    return format.frame(bytes.subarray(at, at + format.headBytes));
  } catch (cause) {
    if (cause instanceof BadRecord) throw new BadRecord(`record ${number}: ${cause.message}`);
    throw cause;
  }
}
