// A request body that streams: what a service gets for a streaming member such as PutObject's Body.
import type { Readable } from "node:stream";

/**
 * The decoded bytes (aws-chunked framing removed). Reading fails with an ApiError when the body is cut short, when a
 * chunk's signature is wrong, or when the bytes do not have the signed SHA-256; a service must not commit before `end`.
 */
export interface StreamedBody extends Readable {
  /** Decoded length when the caller announced it. */
  readonly lengthBytes?: number;
  /** Trailing headers in lower case, complete once the body has ended. */
  trailers(): Readonly<Record<string, string>>;
}
