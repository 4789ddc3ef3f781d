// An input's way to objects: asked for by number, answered by whichever server is there, once there is one.
import type { FeederMessage, HoldAnswer, SentPiece } from "./protocol.ts";

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

/** Numbers of one door among several that share a way: `first`, and each `step` further. */
export interface DoorNumbers {
  readonly first: number;
  readonly step: number;
}

export class Door {
  readonly #waiting = new Map<number, (answer: HoldAnswer) => void>();
  readonly #send: (message: FeederMessage) => void;
  readonly #step: number;
  #next: number;

  constructor(send: (message: FeederMessage) => void, { first, step }: DoorNumbers) {
    this.#send = send;
    this.#next = first;
    this.#step = step;
  }

  /** Bytes of an object, which stay where they are until released. @throws FeedFailure */
  hold(object: AskedObject): Promise<Held> {
    const number = this.#next;
    this.#next += this.#step;
    const uri = `s3://${object.bucket}/${object.key}`;
    return new Promise((resolve, reject) => {
      const release = () => this.#send({ release: number });
      this.#waiting.set(number, (answer) => {
        if ("failure" in answer) reject(new FeedFailure(answer.failure, { isOurs: answer.isOurs }));
        else resolve({ uri, pieces: answer.pieces, sizeBytes: answer.sizeBytes, release });
      });
      const { bucket, key, etag } = object;
      this.#send({ hold: number, object: { bucket, key, ...(etag === undefined ? {} : { etag }) } });
    });
  }

  hear(answer: HoldAnswer): void {
    this.#waiting.get(answer.hold)?.(answer);
    this.#waiting.delete(answer.hold);
  }
}
