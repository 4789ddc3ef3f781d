// The server's end of the forwarder process: started when first needed, gone with the server.
import { type ChildProcess, type SendHandle, spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { ForwarderAnswer, ForwarderRequest } from "./forwarder.ts";

type Request = ForwarderRequest extends infer R ? (R extends unknown ? Omit<R, "number"> : never) : never;

export interface ForwardersOptions {
  /** Command that puts the process where it may enter the units' networks; empty when root starts it. */
  readonly enter: readonly string[];
  /** Descriptor 4 of that command, where it needs one. */
  readonly user: () => Promise<number | "ignore">;
  /** Called when the process ended by itself. */
  readonly died: () => void;
}

export class Forwarders {
  #process: ChildProcess | undefined;
  #next = 1;
  readonly #waiting = new Map<number, { resolve: (socket?: Socket) => void; reject: (error: Error) => void }>();
  readonly #options: ForwardersOptions;
  #stopped = false;

  constructor(options: ForwardersOptions) {
    this.#options = options;
  }

  /** A connection to a port in a network that was opened. @throws Error when nothing listens there */
  async connect(key: string, port: number): Promise<Socket> {
    const socket = await this.ask({ connect: key, port });
    if (!socket) throw new Error("The unit closed the connection at once.");
    return socket.setNoDelay(true);
  }

  async ask(request: Request): Promise<Socket | undefined> {
    this.#process ??= this.#start(await this.#options.user());
    const process = this.#process;
    const number = this.#next++;
    return new Promise<Socket | undefined>((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      // An answer is waited for even when nothing else keeps this process alive, as while the server starts.
      process.channel?.ref();
      // With a callback a process that has just died fails this request; without one it would end the server.
      process.send({ ...request, number }, (error) => error && this.#answer(number, error));
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#process?.disconnect();
    this.#process = undefined;
  }

  #answer(number: number, error: Error | undefined, socket?: Socket): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (error) waiting?.reject(error);
    else if (waiting) waiting.resolve(socket);
    else socket?.destroy();
  }

  #start(user: number | "ignore"): ChildProcess {
    const node = [
      "--disable-warning=ExperimentalWarning",
      "--max-semi-space-size=1",
      `${import.meta.dirname}/forwarder.ts`,
    ];
    // It has a network namespace of its own, to come back to from those of units: the machine's own is not this user's.
    const { enter } = this.#options;
    const [program = "", ...args] = [...enter, "unshare", "--net", process.execPath, ...node];
    const child = spawn(program, args, {
      stdio: ["ignore", "ignore", "inherit", "ipc", user],
    });
    child.on("message", ({ number, error }: ForwarderAnswer, socket?: SendHandle) => {
      this.#answer(number, error === undefined ? undefined : new Error(error), socket as Socket | undefined);
      if (this.#waiting.size === 0) child.channel?.unref();
    });
    const ended = (reason: Error) => {
      if (this.#process === child) this.#process = undefined;
      for (const number of [...this.#waiting.keys()]) this.#answer(number, reason);
    };
    child.on("error", ended); // it could not be started
    child.on("exit", (code, signal) => {
      ended(new Error(`The forwarder ended with ${code ?? signal}.`));
      if (!this.#stopped) this.#options.died();
    });
    child.unref();
    child.channel?.unref();
    return child;
  }
}
