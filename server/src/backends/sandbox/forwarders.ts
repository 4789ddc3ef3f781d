// The server's end of the forwarder process: started when first needed, gone with the server.
import { type ChildProcess, spawn } from "node:child_process";
import type { ForwarderAnswer, ForwarderRequest } from "./forwarder.ts";
import type { Identity } from "./identity.ts";

type Request = ForwarderRequest extends infer R ? (R extends unknown ? Omit<R, "number"> : never) : never;

export class Forwarders {
  #process: ChildProcess | undefined;
  #next = 1;
  readonly #waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  readonly #user: () => Promise<number>;
  readonly #identity: Identity;
  readonly #died: () => void;
  #stopped = false;

  /** `user`: the user namespace that owns the units' networks. `died`: called when the process ended by itself. */
  constructor(user: () => Promise<number>, identity: Identity, died: () => void) {
    this.#user = user;
    this.#identity = identity;
    this.#died = died;
  }

  async ask(request: Request): Promise<void> {
    this.#process ??= this.#start(await this.#user());
    const process = this.#process;
    const number = this.#next++;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      // An answer is waited for even when nothing else keeps this process alive, as while the server starts.
      process.channel?.ref();
      process.send({ ...request, number });
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#process?.disconnect();
    this.#process = undefined;
  }

  #start(user: number): ChildProcess {
    const node = [
      "--disable-warning=ExperimentalWarning",
      "--max-semi-space-size=1",
      `${import.meta.dirname}/forwarder.ts`,
    ];
    // It has a network namespace of its own, to come back to from those of units: the machine's own is not this user's.
    // As root it stays outside the user namespace, so that it can reach the server's sockets.
    const enter =
      this.#identity.kind === "root range"
        ? []
        : ["nsenter", "--user=/proc/self/fd/4", ...this.#identity.enterOptions, "--"];
    const [program = "", ...args] = [...enter, "unshare", "--net", process.execPath, ...node];
    const child = spawn(program, args, {
      stdio: ["ignore", "ignore", "inherit", "ipc", user],
    });
    child.on("message", (answer: ForwarderAnswer) => {
      const waiting = this.#waiting.get(answer.number);
      this.#waiting.delete(answer.number);
      if (this.#waiting.size === 0) child.channel?.unref();
      if (answer.error === undefined) waiting?.resolve();
      else waiting?.reject(new Error(answer.error));
    });
    child.on("exit", (code, signal) => {
      if (this.#process === child) this.#process = undefined;
      for (const { reject } of this.#waiting.values()) reject(new Error(`The forwarder ended with ${code ?? signal}.`));
      this.#waiting.clear();
      if (!this.#stopped) this.#died();
    });
    child.unref();
    child.channel?.unref();
    return child;
  }
}
