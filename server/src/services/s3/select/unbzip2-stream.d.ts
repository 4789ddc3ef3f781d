// Types of the two inner files of unbzip2-stream that bunzip.ts uses.
interface BitReader {
  (count: number): number;
  readonly bytesRead: number;
}

declare module "unbzip2-stream/lib/bit_iterator.js" {
  /** Reads on from one piece to the next. */
  const bitIterator: (nextPiece: () => Uint8Array) => BitReader;
  export = bitIterator;
}

declare module "unbzip2-stream/lib/bzip2.js" {
  const bzip2: {
    /** Size of blocks in units of 100 kB, 1 to 9. @throws Error */
    header(bits: BitReader): number;
    /** Unpacks a block byte by byte and gives the checksum so far; null behind the last block. @throws Error */
    decompress(
      bits: BitReader,
      take: (byte: number) => void,
      room: Int32Array,
      roomLength: number,
      checksum: number,
    ): number | null;
  };
  export = bzip2;
}
