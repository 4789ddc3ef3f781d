// HTTP to a port of a container: connections are kept, requests and answers stream. Used for
// health checks, batch transform and the inference router.
import { createRequire } from "node:module";
import type { Readable } from "node:stream";
import type { Pool } from "undici";
import type { Dial } from "../core/ports.ts";

/** undici has a hundred modules: they are loaded with the first container. */
const load = createRequire(import.meta.url);

export interface ContainerRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable | Buffer | null;
  /** For the whole answer to come, headers and body. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The largest answer that is held in memory: the largest payload of a batch transform (API reference). */
export const ANSWER_LIMIT_BYTES = 100 * 2 ** 20;

export interface ContainerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Must be read to its end or destroyed. */
  readonly body: Readable;
}

/** The container took longer than `timeoutMs`, or closed the connection, or does not listen. */
export class ContainerUnreachable extends Error {
  override readonly name = "ContainerUnreachable";
  readonly timedOut: boolean;
  constructor(message: string, timedOut: boolean, cause: unknown) {
    super(message, { cause });
    this.timedOut = timedOut;
  }
}

/**
 * An idle connection is given up before the container's server does: a request that meets a closing connection is lost,
 * since it may have been begun. The shortest idle time of usual servers is gunicorn's 2 s.
 */
const IDLE_MS = 1_500;

/** A client of one port of one unit. Lives as long as the unit; `close` when it is gone. */
export class ContainerClient {
  readonly #pool: Pool;

  /** `connections`: most requests under way at once; more wait. */
  constructor(dial: Dial, connections: number) {
    const undici = load("undici") as typeof import("undici");
    // Time limits are each request's own; bodies may be as large as the caller allows.
    this.#pool = new undici.Pool("http://container", {
      connect: (_options, done) => {
        dial().then(
          (socket) => done(null, socket),
          (cause: Error) => done(cause, null),
        );
      },
      connections,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: IDLE_MS,
    });
  }

  /** @throws ContainerUnreachable; the reason of `signal` when that aborts */
  async request(request: ContainerRequest): Promise<ContainerAnswer> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), request.timeoutMs);
    const signal = request.signal ? AbortSignal.any([request.signal, limit.signal]) : limit.signal;
    try {
      const { statusCode, headers, body } = await this.#pool.request({
        method: request.method,
        path: request.path,
        headers: request.headers ?? {},
        body: request.body ?? null,
        signal,
      });
      body.once("close", () => clearTimeout(timer));
      return { status: statusCode, headers, body };
    } catch (cause) {
      clearTimeout(timer);
      request.signal?.throwIfAborted();
      throw unreachable(cause, limit.signal.aborted, request.timeoutMs);
    }
  }

  /** The whole answer in memory, at most ANSWER_LIMIT_BYTES. @throws ContainerUnreachable */
  async ask(request: ContainerRequest): Promise<{ readonly status: number; readonly body: Buffer }> {
    const answer = await this.request(request);
    try {
      const chunks: Buffer[] = [];
      let length = 0;
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        length += chunk.length;
        if (length > ANSWER_LIMIT_BYTES) throw new Error(`an answer has more than ${ANSWER_LIMIT_BYTES} bytes`);
      }
      return { status: answer.status, body: Buffer.concat(chunks) };
    } catch (cause) {
      request.signal?.throwIfAborted();
      throw unreachable(cause, (cause as Error).name === "AbortError", request.timeoutMs);
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function unreachable(cause: unknown, timedOut: boolean, timeoutMs: number): ContainerUnreachable {
  const { message } = cause as Error;
  return timedOut
    ? new ContainerUnreachable(`no answer within ${timeoutMs / 1000} s`, true, cause)
    : new ContainerUnreachable(`the connection failed: ${message}`, false, cause);
}
