// One request to a container and its answer, on undici's lowest level: the hot path makes no stream and no signal of its
// own, a body that is wanted whole is gathered as it comes.
import { Readable } from "node:stream";
import type { Dispatcher } from "undici";

type Controller = Dispatcher.DispatchController;
type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Of a body that nobody has asked for yet; then the container waits. */
const UNASKED_BYTES = 64 * 1024;

export interface ContainerAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body, or its start once that has `limitBytes`: the rest is not waited for. @throws ContainerUnreachable */
  start(limitBytes: number): Promise<Buffer>;
  /** The body as it comes. Must be read to its end or destroyed. Fails with ContainerUnreachable. */
  stream(): Readable;
  /** Gives the answer up. */
  destroy(): void;
}

/** The container took longer than allowed, or closed the connection, or does not listen. */
export class ContainerUnreachable extends Error {
  override readonly name = "ContainerUnreachable";
  readonly timedOut: boolean;
  constructor(message: string, timedOut: boolean, cause: unknown) {
    super(message, { cause });
    this.timedOut = timedOut;
  }
}

/** What is done with the body; until that is said, the first bytes wait. */
interface Taker {
  data(chunk: Buffer): void;
  end(): void;
  fail(cause: Error): void;
}

export class Exchange implements Dispatcher.DispatchHandler, ContainerAnswer {
  /** The head of the answer has come. @throws ContainerUnreachable; the reason of `signal` */
  readonly answered: Promise<ContainerAnswer>;
  status = 0;
  headers: Headers = {};
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort = (): void => this.#giveUp(asError(this.#signal?.reason));
  #settle: { resolve(answer: ContainerAnswer): void; reject(cause: Error): void } | undefined;
  #controller: Controller | undefined;
  #taker: Taker | undefined;
  #early: Buffer[] = [];
  #earlyBytes = 0;
  #outcome: "ended" | Error | undefined;

  constructor(timeoutMs: number, signal: AbortSignal | undefined) {
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
    this.answered = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#timer = setTimeout(() => this.#timeOut(), timeoutMs);
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#outcome instanceof Error) controller.abort(this.#outcome);
  }

  onResponseStart(_controller: Controller, status: number, headers: Headers): void {
    if (status < 200) return; // informational: the answer is still to come
    this.status = status;
    this.headers = headers;
    this.#settle?.resolve(this);
    this.#settle = undefined;
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#taker) {
      this.#taker.data(chunk);
      return;
    }
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes > UNASKED_BYTES) controller.pause();
  }

  onResponseEnd(): void {
    this.#finish("ended");
  }

  onResponseError(_controller: Controller, cause: Error): void {
    this.#finish(new ContainerUnreachable(`the connection failed: ${cause.message}`, false, cause));
  }

  start(limitBytes: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      let size = 0;
      const whole = (): void => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
      this.#take({
        data: (chunk) => {
          parts.push(chunk);
          size += chunk.length;
          if (size < limitBytes) return;
          whole();
          this.destroy();
        },
        end: whole,
        fail: reject,
      });
      this.#controller?.resume();
    });
  }

  stream(): Readable {
    const body = new Readable({
      read: () => this.#controller?.resume(),
      destroy: (cause, done) => {
        this.destroy();
        done(cause);
      },
    });
    this.#take({
      data: (chunk) => {
        if (!body.push(chunk)) this.#controller?.pause();
      },
      end: () => body.push(null),
      fail: (cause) => body.destroy(cause),
    });
    return body;
  }

  destroy(): void {
    this.#giveUp(new Error("The answer is not wanted any more."));
  }

  #take(taker: Taker): void {
    this.#taker = taker;
    for (const chunk of this.#early) taker.data(chunk);
    this.#early = [];
    if (this.#outcome !== undefined) this.#tell(taker, this.#outcome);
  }

  #timeOut(): void {
    const message =
      this.#settle === undefined
        ? "it stopped in the middle of its answer"
        : `no answer within ${this.#timeoutMs / 1000} s`;
    this.#giveUp(new ContainerUnreachable(message, true, undefined));
  }

  #giveUp(cause: Error): void {
    if (this.#outcome !== undefined) return;
    this.#finish(cause);
    this.#controller?.abort(cause);
  }

  /** Only the first outcome counts. */
  #finish(outcome: "ended" | Error): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#onAbort);
    if (outcome !== "ended") this.#settle?.reject(outcome);
    this.#settle = undefined;
    if (this.#taker) this.#tell(this.#taker, outcome);
  }

  #tell(taker: Taker, outcome: "ended" | Error): void {
    if (outcome === "ended") taker.end();
    else taker.fail(outcome);
  }
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));
