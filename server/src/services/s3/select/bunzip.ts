// Unpacks bzip2, a block at a time. The stream of unbzip2-stream unpacks everything it holds at once, and some hundred
// kilobytes may hold gigabytes; its inner functions let the reader set the pace.
import bitIterator from "unbzip2-stream/lib/bit_iterator.js";
import bzip2 from "unbzip2-stream/lib/bzip2.js";
import { ApiError } from "../../../core/errors.ts";
import { selectErrors } from "./errors.ts";

const UNIT_BYTES = 100_000;
/** What a packed block may need besides its unpacked size, as unbzip2-stream reckons. */
const SPARE_BYTES = 25_000;

/** @throws ApiError InvalidCompressionFormat, TruncatedInput; whatever the source fails with */
export async function* bunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let heldBytes = 0;
  const blocks = blocksOf(pieces);
  for await (const piece of source) {
    pieces.push(piece);
    heldBytes += piece.length;
    while (heldBytes - blocks.readBytes() >= blocks.neededBytes()) yield blocks.next();
  }
  if (heldBytes === 0) throw selectErrors.truncatedInput();
  while (heldBytes > blocks.readBytes()) yield blocks.next();
  if (blocks.isInside()) throw selectErrors.truncatedInput();
}

function blocksOf(pieces: Uint8Array[]) {
  let bits: BitReader | undefined;
  let [units, checksum] = [0, 0];
  let room = new Int32Array();
  const nextPiece = (): Uint8Array => {
    const piece = pieces.shift();
    if (piece === undefined) throw selectErrors.truncatedInput();
    return piece;
  };
  return {
    readBytes: (): number => bits?.bytesRead ?? 0,
    neededBytes: (): number => SPARE_BYTES + UNIT_BYTES * units,
    /** Whether the end of a stream is still to come. */
    isInside: (): boolean => units > 0,
    /** The next block; no bytes for the head and the end of a stream, of which there may be several. */
    next(): Uint8Array {
      try {
        bits ??= bitIterator(nextPiece);
        if (units === 0) {
          [units, checksum] = [bzip2.header(bits), 0];
          room = new Int32Array(UNIT_BYTES * units);
          return new Uint8Array();
        }
        const bytes = growingBytes();
        const sum = bzip2.decompress(bits, bytes.add, room, room.length, checksum);
        if (sum === null) units = 0;
        else checksum = sum;
        return bytes.all();
      } catch (cause) {
        throw cause instanceof ApiError ? cause : selectErrors.invalidCompression();
      }
    },
  };
}

function growingBytes() {
  let bytes = new Uint8Array(UNIT_BYTES);
  let count = 0;
  return {
    add(byte: number): void {
      if (count === bytes.length) {
        const longer = new Uint8Array(count * 2);
        longer.set(bytes);
        bytes = longer;
      }
      bytes[count] = byte;
      count += 1;
    },
    all: (): Uint8Array => bytes.subarray(0, count),
  };
}
