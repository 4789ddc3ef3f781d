// The process that feeds the FIFOs of one host, a process of its own so that the API never waits for data, and one that
// outlives the server: a server that is killed, and the next one, change nothing for the reader. It knows the whole plan;
// the server gives it each object, with the rights of the job's role at that time, over a socket in this folder.
// Started by feed.ts, with this folder as its working directory. Ends when told to, or when the folder is gone.
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { setImmediate } from "node:timers/promises";
import { fifoName } from "./channel.ts";
import { Door, FeedFailure } from "./door.ts";
import { DATA_NAMES, type Fifo, HeldFolder, NotOurs } from "./fifo.ts";
import { piecesOf, type Streamed, streamedOf } from "./pieces.ts";
import { feedFiles, type PlannedChannel, readPlan } from "./plan.ts";

/** Pieces below this size are gathered before they are written. */
const GATHER_BYTES = 64 * 1024;

const LOOK_MS = 1000;

/** Threads may wait for readers for ever, so that an orderly end would too. Nothing is to be put in order. */
const end = (): never => {
  process.kill(process.pid, "SIGKILL");
  throw new Error("The process goes on after SIGKILL.");
};

// A program waits for the next FIFO's name: it must be able to open it from the first moment on.
process.umask(0);
const door = new Door(end);
const spawner = process.ppid;
let hasServed = false;

async function feed(channel: PlannedChannel, folder: HeldFolder): Promise<void> {
  const streamed = await streamedOf(channel, ".", door);
  for (let epoch = 0; ; epoch++) {
    const name = fifoName(channel.name, epoch);
    folder.makeFifo(name);
    const fifo = await folder.openFifo(name);
    await feedEpoch(fifo, { channel, streamed, epoch });
    // Its name would lead to a pipe that nobody feeds any more.
    folder.remove(name);
  }
}

interface Epoch {
  readonly channel: PlannedChannel;
  readonly streamed: Streamed;
  readonly epoch: number;
}

/** A FIFO is closed when it has been read, or when nobody reads it any more; never after a failure, which is no end. */
async function feedEpoch(fifo: Fifo, { channel, streamed, epoch }: Epoch): Promise<void> {
  try {
    await pour(piecesOf(channel, streamed, epoch, door), fifo);
    await fifo.drained();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EPIPE") throw cause;
  }
  await fifo.close();
}

/** Small pieces go together, but do not wait for one that takes long. */
async function pour(pieces: AsyncGenerator<Uint8Array>, fifo: Fifo): Promise<void> {
  const gathered = Buffer.allocUnsafe(GATHER_BYTES);
  let count = 0;
  const flush = async () => {
    const bytes = gathered.subarray(0, count);
    count = 0;
    await fifo.write(bytes);
  };
  try {
    for (;;) {
      const coming = pieces.next();
      if (count > 0 && (await Promise.race([coming, setImmediate("late")])) === "late") await flush();
      const { value, done } = await coming;
      if (done) break;
      if (count + value.length > GATHER_BYTES) await flush();
      if (value.length >= GATHER_BYTES) await fifo.write(value);
      else {
        gathered.set(value, count);
        count += value.length;
      }
    }
    await flush();
  } finally {
    await pieces.return(undefined);
  }
}

function told(cause: unknown, channel?: PlannedChannel): void {
  const at = `Data streaming failed${channel ? ` for channel "${channel.name}"` : ""}`;
  const text = `${at}: ${(cause as Error).message}`;
  if (cause instanceof NotOurs) door.fail(`AlgorithmError: ${text}`, false);
  else if (cause instanceof FeedFailure && !cause.isOurs) door.fail(`ClientError: ${text}`, false);
  else {
    console.error(cause);
    door.fail(text, true);
  }
}

async function begin(): Promise<void> {
  const plan = await readPlan(".");
  const folder = HeldFolder.open(plan.ml, DATA_NAMES);
  writeFileSync(feedFiles.begun, "");
  for (const channel of plan.channels) feed(channel, folder).catch((cause: unknown) => told(cause, channel));
}

createServer((socket) => {
  door.connect(socket);
  if (hasServed) return;
  hasServed = true;
  begin().catch((cause: unknown) => told(cause));
}).listen(feedFiles.socket);

setInterval(() => {
  const isOrphan = !hasServed && process.ppid !== spawner;
  if (isOrphan || !existsSync(feedFiles.plan)) end();
}, LOOK_MS);
