// The thread of a feeder that feeds one input, a FIFO after another.
import { setImmediate } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { Door, type DoorNumbers, FeedFailure } from "./door.ts";
import { type Fifo, HeldFolder, NotOurs } from "./fifo.ts";
import { piecesOf } from "./pieces.ts";
import { fifoName, type PlannedInput } from "./plan.ts";
import type { FeederMessage, HoldAnswer } from "./protocol.ts";
import { type Streamed, streamedOf } from "./streamed.ts";

export interface InputThread {
  /** Folder that the unit sees as /opt/ml. */
  readonly ml: string;
  readonly input: PlannedInput;
  readonly numbers: DoorNumbers;
}

/** Pieces below this size are gathered before they are written. */
const GATHER_BYTES = 64 * 1024;

const { ml, input, numbers } = workerData as InputThread;
const tell = (message: FeederMessage): void => parentPort?.postMessage(message);
const door = new Door(tell, numbers);
parentPort?.on("message", (answer: HoldAnswer) => door.hear(answer));

async function feed(): Promise<never> {
  const folder = HeldFolder.open(ml, input.folder);
  const streamed = await streamedOf(input, ".", door);
  for (let epoch = 0; ; epoch++) {
    const name = fifoName(input.name, epoch);
    folder.makeFifo(name);
    await feedEpoch(folder.openFifo(name), streamed, epoch);
    // Its name would lead to a pipe that nobody feeds any more.
    folder.remove(name);
  }
}

/** A FIFO is closed when it has been read, or when nobody reads it any more; never after a failure, which is no end. */
async function feedEpoch(fifo: Fifo, streamed: Streamed, epoch: number): Promise<void> {
  try {
    await pour(piecesOf(input, streamed, epoch, door), fifo);
    await fifo.drained();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EPIPE") throw cause;
  }
  fifo.close();
}

/** Small pieces go together, but do not wait for one that takes long. */
async function pour(pieces: AsyncGenerator<Uint8Array>, fifo: Fifo): Promise<void> {
  const gathered = Buffer.allocUnsafe(GATHER_BYTES);
  let count = 0;
  const flush = () => {
    const bytes = gathered.subarray(0, count);
    count = 0;
    fifo.write(bytes);
  };
  try {
    for (;;) {
      const coming = pieces.next();
      if (count > 0 && (await Promise.race([coming, setImmediate("late")])) === "late") flush();
      const { value, done } = await coming;
      if (done) break;
      if (count + value.length > GATHER_BYTES) flush();
      if (value.length >= GATHER_BYTES) fifo.write(value);
      else {
        gathered.set(value, count);
        count += value.length;
      }
    }
    flush();
  } finally {
    await pieces.return(undefined);
  }
}

feed().catch((cause: unknown) => {
  const text = `Data streaming failed for ${input.source}: ${(cause as Error).message}`;
  if (cause instanceof NotOurs) tell({ failed: `AlgorithmError: ${text}`, isOurs: false });
  else if (cause instanceof FeedFailure && !cause.isOurs) tell({ failed: `ClientError: ${text}`, isOurs: false });
  else {
    console.error(cause);
    tell({ failed: text, isOurs: true });
  }
});
