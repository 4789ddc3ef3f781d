// Between the threads that feed inputs and the server that is there: what one server has not answered, the next is asked.
import type { Socket } from "node:net";
import { type FeederMessage, type HoldAnswer, type ServerMessage, talk } from "./protocol.ts";

export interface RelayParts {
  readonly answered: (answer: HoldAnswer) => void;
  /** The server says that the program is over. */
  readonly ended: () => void;
}

export class Relay {
  readonly #parts: RelayParts;
  readonly #waiting = new Map<number, FeederMessage>();
  #failure: FeederMessage | undefined;
  #socket: Socket | undefined;
  #send: (message: FeederMessage) => void = () => undefined;

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  /** Another server, or the first. */
  connect(socket: Socket): void {
    this.#socket?.destroy();
    this.#socket = socket;
    this.#send = talk<ServerMessage, FeederMessage>(socket, (message) => this.#hear(message));
    for (const message of this.#waiting.values()) this.#send(message);
    if (this.#failure) this.#send(this.#failure);
  }

  tell(message: FeederMessage): void {
    if ("hold" in message) this.#waiting.set(message.hold, message);
    if ("failed" in message) this.#failure ??= message;
    this.#send(message);
  }

  #hear(message: ServerMessage): void {
    if ("end" in message) this.#parts.ended();
    else if (this.#waiting.delete(message.hold)) this.#parts.answered(message);
  }
}
