// The feeder's way to objects: asks the server that is there, and waits while there is none.
import type { Socket } from "node:net";
import { type FeederMessage, type SentPiece, type ServerMessage, talk } from "./protocol.ts";

/** Feeding cannot go on, for this reason. */
export class FeedFailure extends Error {
  override readonly name = "FeedFailure";
  /** By no fault of the job's. */
  readonly isOurs: boolean;

  constructor(message: string, options: ErrorOptions & { readonly isOurs?: boolean } = {}) {
    super(message, options);
    this.isOurs = options.isOurs ?? false;
  }
}

export interface Held {
  /** For texts. */
  readonly uri: string;
  readonly pieces: readonly SentPiece[];
  readonly sizeBytes: number;
  release(): void;
}

export interface AskedObject {
  readonly bucket: string;
  readonly key: string;
  readonly etag?: string;
}

interface Asked {
  readonly message: FeederMessage;
  answered(answer: Extract<ServerMessage, { hold: number }>): void;
}

export class Door {
  readonly #waiting = new Map<number, Asked>();
  readonly #ended: () => void;
  #next = 1;
  #send: (message: FeederMessage) => void = () => undefined;
  #socket: Socket | undefined;
  #failure: FeederMessage | undefined;

  /** `ended`: the server says that the program is over. */
  constructor(ended: () => void) {
    this.#ended = ended;
  }

  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  /** Another server, or the first: it is asked again what the one before has not answered. */
  connect(socket: Socket): void {
    this.#socket?.destroy();
    this.#socket = socket;
    this.#send = talk<ServerMessage, FeederMessage>(socket, (message) => this.#hear(message));
    for (const { message } of this.#waiting.values()) this.#send(message);
    if (this.#failure) this.#send(this.#failure);
  }

  /** Bytes of an object, which stay where they are until released. @throws FeedFailure */
  hold(object: AskedObject): Promise<Held> {
    const number = this.#next++;
    const uri = `s3://${object.bucket}/${object.key}`;
    const message = { hold: number, object };
    return new Promise((resolve, reject) => {
      const release = () => this.#send({ release: number });
      this.#waiting.set(number, {
        message,
        answered: (answer) => {
          if ("failure" in answer) reject(new FeedFailure(answer.failure, { isOurs: answer.isOurs }));
          else resolve({ uri, pieces: answer.pieces, sizeBytes: answer.sizeBytes, release });
        },
      });
      this.#send(message);
    });
  }

  fail(failed: string, isOurs: boolean): void {
    this.#failure ??= { failed, isOurs };
    this.#send(this.#failure);
  }

  #hear(message: ServerMessage): void {
    if ("end" in message) this.#ended();
    else {
      this.#waiting.get(message.hold)?.answered(message);
      this.#waiting.delete(message.hold);
    }
  }
}
