// HTTP to a port of a container: connections are kept, requests and answers stream. Used for
// health checks, batch transform and the inference router.
import { createRequire } from "node:module";
import type { Readable } from "node:stream";
import type { Pool } from "undici";
import type { Dial } from "../core/ports.ts";
import { type ContainerAnswer, ContainerUnreachable, Exchange } from "./container-exchange.ts";

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
  request({ method, path, headers, body, timeoutMs, signal }: ContainerRequest): Promise<ContainerAnswer> {
    const exchange = new Exchange(timeoutMs, signal);
    this.#pool.dispatch({ method, path, headers: headers ?? {}, body: body ?? null }, exchange);
    return exchange.answered;
  }

  /** The whole answer in memory, at most ANSWER_LIMIT_BYTES. @throws ContainerUnreachable */
  async ask(request: ContainerRequest): Promise<{ readonly status: number; readonly body: Buffer }> {
    const answer = await this.request(request);
    const body = await answer.start(ANSWER_LIMIT_BYTES + 1);
    if (body.length <= ANSWER_LIMIT_BYTES) return { status: answer.status, body };
    const message = `an answer has more than ${ANSWER_LIMIT_BYTES} bytes`;
    throw new ContainerUnreachable(message, false, undefined);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
