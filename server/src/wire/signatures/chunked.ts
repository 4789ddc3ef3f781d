// The `aws-chunked` encoding: a body in chunks, each with a signature that covers the one before, and trailers.
// Amazon S3 API Reference, "Signature calculations: transferring payload in multiple chunks".
import { createHash, type Hash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import type { StreamedBody } from "../../core/body.ts";
import { ApiError, errors } from "../../core/errors.ts";
import { EMPTY_SHA256, hmacHex, isSame, sha256Hex } from "./version4.ts";

/** Longest line of a chunk's head or trailer; a signature needs 85 characters, the longest checksum about 130. */
const LONGEST_LINE = 4096;
const MOST_TRAILERS = 16;

/** How the chunks are signed; absent for STREAMING-UNSIGNED-PAYLOAD-TRAILER. */
export interface ChunkSigning {
  readonly key: Buffer;
  readonly time: string;
  readonly scope: string;
  /** Signature of the head, which the first chunk's covers. */
  readonly seed: string;
}

export interface ChunkedOptions {
  readonly lengthBytes: number;
  readonly signing: ChunkSigning | undefined;
  /** Names announced in `x-amz-trailer`, lower case. */
  readonly trailerNames: readonly string[];
}

type State = "head" | "data" | "data-end" | "trailers" | "done";

/** Takes the encoded bytes, gives the decoded ones. Fails at the end of the first chunk that is not what was signed. */
export class ChunkedBody extends Transform implements StreamedBody {
  readonly lengthBytes: number;
  readonly #options: ChunkedOptions;
  readonly #trailers: Record<string, string> = {};
  #state: State = "head";
  #line = "";
  /** Bytes left of the chunk. */
  #left = 0;
  #size = 0;
  #hash: Hash = createHash("sha256");
  #previous: string;
  #expected = "";
  /** The signature of the trailers is the last of them. */
  #trailerSigned = false;

  constructor(options: ChunkedOptions) {
    super();
    this.#options = options;
    this.lengthBytes = options.lengthBytes;
    this.#previous = options.signing?.seed ?? "";
  }

  trailers(): Readonly<Record<string, string>> {
    return this.#trailers;
  }

  override _transform(part: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      let offset = 0;
      while (offset < part.length)
        offset = this.#state === "data" ? this.#takeData(part, offset) : this.#takeLine(part, offset);
      done();
    } catch (cause) {
      done(cause as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    const missing = this.#options.trailerNames.filter((name) => this.#trailers[name] === undefined);
    if (this.#line !== "") done(malformed("a line break at the end", this.#line));
    else if (this.#state !== "done" || this.#size !== this.lengthBytes) done(incomplete(this.lengthBytes, this.#size));
    else if (missing.length > 0) done(malformed(`a trailer ${missing.join(", ")}`, "none"));
    else done();
  }

  #takeData(part: Buffer, offset: number): number {
    const end = Math.min(part.length, offset + this.#left);
    const data = part.subarray(offset, end);
    if (this.#options.signing) this.#hash.update(data);
    this.#left -= data.length;
    this.#size += data.length;
    if (this.#size > this.lengthBytes) throw incomplete(this.lengthBytes, this.#size);
    this.push(data);
    if (this.#left === 0) this.#state = "data-end";
    return end;
  }

  /** Collects up to a line feed; lines end with CR LF. */
  #takeLine(part: Buffer, offset: number): number {
    const feed = part.indexOf(10, offset);
    const end = feed < 0 ? part.length : feed + 1;
    this.#line += part.toString("latin1", offset, end);
    if (this.#line.length > LONGEST_LINE) throw malformed(`a line of at most ${LONGEST_LINE} bytes`, "a longer one");
    if (feed >= 0) {
      const line = this.#line.replace(/\r?\n$/, "");
      this.#line = "";
      this.#readLine(line);
    }
    return end;
  }

  #readLine(line: string): void {
    if (this.#state === "head") this.#readHead(line);
    else if (this.#state === "data-end") this.#endChunk(line);
    else if (this.#state === "done") throw malformed("nothing behind the last line", line);
    else if (line === "") this.#endTrailers();
    else this.#readTrailer(line);
  }

  #readHead(line: string): void {
    const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
    if (!match?.[1]) throw malformed("a chunk's size in hexadecimal", line);
    if (this.#options.signing && match[2] === undefined) throw malformed("a chunk's signature", line);
    this.#left = Number.parseInt(match[1], 16);
    this.#expected = match[2] ?? "";
    this.#hash = createHash("sha256");
    if (this.#left > 0) {
      this.#state = "data";
      return;
    }
    this.#checkChunk();
    this.#state = "trailers";
  }

  #endChunk(line: string): void {
    if (line !== "") throw malformed("a line break after a chunk", line);
    this.#checkChunk();
    this.#state = "head";
  }

  #checkChunk(): void {
    const { signing } = this.#options;
    if (!signing) return;
    const text = `AWS4-HMAC-SHA256-PAYLOAD\n${signing.time}\n${signing.scope}\n${this.#previous}\n${EMPTY_SHA256}\n${this.#hash.digest("hex")}`;
    this.#check(hmacHex(signing.key, text), this.#expected);
  }

  #check(computed: string, given: string): void {
    if (!isSame(computed, given))
      throw errors.signatureDoesNotMatch(
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        { fields: { SignatureProvided: given } },
      );
    this.#previous = computed;
  }

  #readTrailer(line: string): void {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    const isSignature = name === "x-amz-trailer-signature";
    if (!isSignature && !this.#options.trailerNames.includes(name))
      throw malformed("a trailer that x-amz-trailer names", line);
    if (Object.keys(this.#trailers).length >= MOST_TRAILERS) throw malformed(`${MOST_TRAILERS} trailers`, "more");
    if (this.#trailerSigned || this.#trailers[name] !== undefined) throw malformed("each trailer once", line);
    this.#trailerSigned = isSignature;
    if (isSignature) this.#expected = line.slice(colon + 1).trim();
    else this.#trailers[name] = line.slice(colon + 1).trim();
  }

  #endTrailers(): void {
    const { signing, trailerNames } = this.#options;
    if (signing && trailerNames.length > 0) {
      const lines = Object.entries(this.#trailers).map(([name, value]) => `${name}:${value}\n`);
      const text = `AWS4-HMAC-SHA256-TRAILER\n${signing.time}\n${signing.scope}\n${this.#previous}\n${sha256Hex(lines.join(""))}`;
      this.#check(hmacHex(signing.key, text), this.#expected);
    }
    this.#state = "done";
  }
}

const malformed = (expected: string, came: string): ApiError =>
  new ApiError(
    "InvalidRequest",
    400,
    `The aws-chunked body is malformed: expected ${expected}, got ${JSON.stringify(came.slice(0, 100))}.`,
  );

const incomplete = (announced: number, sizeBytes: number): ApiError =>
  new ApiError(
    "IncompleteBody",
    400,
    `You did not provide the number of bytes specified by x-amz-decoded-content-length: expected ${announced}, got ${sizeBytes}.`,
  );
