// Bodies of requests: held in memory up to a named limit, or streamed and checked while they pass.
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Readable, Transform, type TransformCallback } from "node:stream";
import { gunzipSync } from "node:zlib";
import type { StreamedBody } from "../core/body.ts";
import { ApiError, errors } from "../core/errors.ts";

/** Whether anything can follow the head. */
export const hasBody = (incoming: IncomingMessage): boolean =>
  incoming.headers["transfer-encoding"] !== undefined || Number(incoming.headers["content-length"] ?? 0) > 0;

/** @throws ApiError RequestEntityTooLarge naming the limit */
export async function readWhole(incoming: IncomingMessage, source: Readable, limitBytes: number): Promise<Buffer> {
  if (!hasBody(incoming)) return Buffer.alloc(0);
  if (Number(incoming.headers["content-length"] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  return collect(source, limitBytes);
}

function collect(source: Readable, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    let over = false;
    const fail = (cause: () => unknown): void => {
      if (over) return;
      over = true;
      source.removeAllListeners("data");
      reject(cause());
    };
    source.on("data", (part: Buffer) => {
      size += part.length;
      if (size > limitBytes) fail(() => tooLarge(limitBytes));
      else parts.push(part);
    });
    source.once("end", () => {
      over = true;
      resolve(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts));
    });
    source.once("error", (cause) => fail(() => (cause instanceof ApiError ? cause : cutShort(size))));
    source.once("close", () => fail(() => cutShort(size)));
  });
}

const tooLarge = (limitBytes: number): ApiError =>
  errors.requestTooLarge(`The request body may have at most ${limitBytes} bytes.`);

const cutShort = (sizeBytes: number): ApiError =>
  new ApiError("IncompleteBody", 400, `The connection ended after ${sizeBytes} bytes, before the request body did.`);

/** Undoes `Content-Encoding: gzip`, which newer clients use for large requests. @throws ApiError SerializationFailure */
export function unzip(body: Buffer, limitBytes: number): Buffer {
  try {
    return gunzipSync(body, { maxOutputLength: limitBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limitBytes);
    throw errors.serializationFailure(`The request body is not gzip: ${(cause as Error).message}`);
  }
}

/** A body sent as it is; when its SHA-256 was signed, the bytes are held to it. */
export class PlainBody extends Transform implements StreamedBody {
  readonly lengthBytes?: number;
  readonly #announced: number | undefined;
  readonly #signed: string | undefined;
  readonly #hash = createHash("sha256");
  #size = 0;

  constructor(expected: { readonly lengthBytes: number | undefined; readonly sha256: string | undefined }) {
    super();
    if (expected.lengthBytes !== undefined) this.lengthBytes = expected.lengthBytes;
    this.#announced = expected.lengthBytes;
    this.#signed = expected.sha256;
  }

  trailers(): Readonly<Record<string, string>> {
    return {};
  }

  override _transform(part: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#size += part.length;
    if (this.#signed !== undefined) this.#hash.update(part);
    done(null, part);
  }

  override _flush(done: TransformCallback): void {
    if (this.#announced !== undefined && this.#size !== this.#announced) done(cutShort(this.#size));
    else if (this.#signed !== undefined && this.#hash.digest("hex") !== this.#signed) done(wrongHash());
    else done();
  }
}

export const wrongHash = (): ApiError =>
  new ApiError(
    "XAmzContentSHA256Mismatch",
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  );

/**
 * Pipes the request into a checking body. A request that breaks off fails the body, and a body that fails stops the
 * request's flow without closing the connection, so that the caller is told.
 */
export function flow<Body extends Transform>(incoming: IncomingMessage, body: Body): Body {
  // Whoever reads the body gets its error; one that is never read must not bring the process down.
  body.on("error", () => {});
  if (!hasBody(incoming)) {
    body.end();
    return body;
  }
  incoming.pipe(body);
  const broken = (): void => {
    if (!incoming.complete)
      body.destroy(new ApiError("RequestTimeout", 400, "The connection ended before the request body did."));
  };
  incoming.once("close", broken);
  incoming.once("error", broken);
  body.once("close", () => incoming.unpipe(body));
  return body;
}
