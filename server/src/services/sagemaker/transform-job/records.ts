// Cuts an input file into requests: whole, a line each, or as many whole lines as fit. Streams; holds one payload.
import type { TransformParameters } from "./parameters.ts";

/** A piece of a file that one request carries, from one line or record to another, which count from 1. */
export interface Piece {
  readonly body: Buffer;
  readonly first: number;
  readonly last: number;
}

/** A record that cannot be sent, in words for people. */
export class BadRecord extends Error {
  override readonly name = "BadRecord";
}

const NEWLINE = 0x0a;

/** Size of a request when the job sets no limit, and the longest line or record then (AWS allows at most 100 MB). */
export const UNLIMITED_PIECE_BYTES = 6 * 2 ** 20;
export const LONGEST_RECORD_BYTES = 100 * 2 ** 20;

/**
 * Pieces of a file of lines. Line ends between lines stay, the last one of a piece does not; a piece that would be empty
 * is none. @throws BadRecord for a line longer than a payload
 */
export async function* linePieces(
  source: AsyncIterable<Buffer>,
  { payloadBytes, strategy }: Pick<TransformParameters, "payloadBytes" | "strategy">,
): AsyncIterable<Piece> {
  const longest = payloadBytes ?? LONGEST_RECORD_BYTES;
  const pieces = cutAll(source, {
    fit: strategy === "SingleRecord" ? 0 : (payloadBytes ?? UNLIMITED_PIECE_BYTES),
    longest,
  });
  let first = 1;
  for await (const body of pieces) {
    if (body.length > longest)
      throw new BadRecord(`line ${first} has more than the ${longest} bytes that MaxPayloadInMB allows`);
    const last = first + countNewlines(body);
    if (body.length > 0) yield { body, first, last };
    first = last + 1;
  }
}

/** Cuts at line ends into pieces of at most `fit` bytes, of one line when a line is longer; `longest` ends the cutting. */
async function* cutAll(
  source: AsyncIterable<Buffer>,
  { fit, longest }: { readonly fit: number; readonly longest: number },
): AsyncIterable<Buffer> {
  let chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of source) {
    chunks.push(chunk);
    length += chunk.length;
    // Bytes are joined once a piece, not once a chunk.
    if (length <= fit) continue;
    let bytes = Buffer.concat(chunks);
    for (let end = cutAt(bytes, fit); end !== undefined; end = cutAt(bytes, fit)) {
      yield bytes.subarray(0, end);
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > longest) return yield bytes;
    chunks = [bytes];
    length = bytes.length;
  }
  const rest = Buffer.concat(chunks);
  if (rest.length > 0) yield rest.at(-1) === NEWLINE ? rest.subarray(0, -1) : rest;
}

/** Where the next piece ends, before its line end: at the last one that fits, else at the first; undefined: not yet. */
function cutAt(bytes: Buffer, fit: number): number | undefined {
  if (bytes.length <= fit) return undefined;
  const last = fit === 0 ? -1 : bytes.lastIndexOf(NEWLINE, fit);
  const end = last === -1 ? bytes.indexOf(NEWLINE) : last;
  return end === -1 ? undefined : end;
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
