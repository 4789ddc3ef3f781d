// A worker thread that answers requests in order; shared by the writer and the reader.
import { once } from "node:events";
import { Worker } from "node:worker_threads";

interface Waiting {
  resolve(answer: never): void;
  reject(reason: unknown): void;
}

/** An error as it is sent to another thread: what SQLite and the system say beside the text would be left behind. */
export interface Failure {
  readonly error: unknown;
  readonly codes: object;
}

export function failure(error: unknown): Failure {
  const { code, errcode, syscall } = error as {
    readonly code?: unknown;
    readonly errcode?: unknown;
    readonly syscall?: unknown;
  };
  return { error, codes: { code, errcode, syscall } };
}

/** Room for what a batch of changes leaves behind; Node's own default lets every thread grow by 16 MB and more. */
const YOUNG_MB = 4;

export class Thread<Request, Answer extends object, Told = never> {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #broken: unknown;

  constructor(module: URL, workerData: unknown) {
    this.#worker = new Worker(module, { workerData, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
    this.#worker.unref();
    this.#worker.on("message", (answer: Answer | Failure) => {
      const waiting = this.#waiting.shift();
      if (this.#waiting.length === 0) this.#worker.unref();
      if ("error" in answer) waiting?.reject(Object.assign(answer.error as object, answer.codes));
      else waiting?.resolve(answer as never);
    });
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("The store is closed.")));
  }

  /** @throws what the thread threw */
  ask(request: Request): Promise<Exclude<Answer, Failure>> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  /** Tells what has no answer; it is heard before what is asked afterwards. */
  tell(message: Told): void {
    if (this.#broken === undefined) this.#worker.postMessage(message);
  }

  /** Lets what was asked before be answered first. */
  async close(): Promise<void> {
    if (this.#broken !== undefined) return;
    const gone = once(this.#worker, "exit");
    this.#worker.ref();
    this.#worker.postMessage("close");
    await gone;
  }

  #fail(reason: unknown): void {
    this.#broken ??= reason;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(reason);
  }
}
