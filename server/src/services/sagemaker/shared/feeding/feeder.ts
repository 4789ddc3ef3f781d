// The process that feeds the FIFOs of one host, a process of its own so that the API never waits for data, and one that
// outlives the server: a server that is killed, and the next one, change nothing for the reader. It knows the whole plan;
// the server gives it each object, with the rights of the job's role at that time, over a socket in this folder.
// Started by feed.ts, with this folder as its working directory. Ends when told to, or when the folder is gone.
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { Worker } from "node:worker_threads";
import type { InputThread } from "./input-feeder.ts";
import { feedFiles, readPlan } from "./plan.ts";
import type { FeederMessage } from "./protocol.ts";
import { Relay } from "./relay.ts";

const LOOK_MS = 1000;

/** Threads may wait for readers for ever, so that an orderly end would too. Nothing is to be put in order. */
const end = (): void => void process.kill(process.pid, "SIGKILL");

// A program waits for the next FIFO's name: it must be able to open it from the first moment on.
process.umask(0);
const spawner = process.ppid;
const threads: Worker[] = [];
const relay = new Relay({
  answered: (answer) => threads[answer.hold % threads.length]?.postMessage(answer),
  ended: end,
});

/** One thread for each input: it reads, writes and waits as it has to, and none waits for another. */
async function begin(): Promise<void> {
  const plan = await readPlan(".");
  writeFileSync(feedFiles.begun, "");
  for (const [index, input] of plan.inputs.entries()) {
    const numbers = { first: index, step: plan.inputs.length };
    const workerData: InputThread = { ml: plan.ml, input, numbers };
    // A thread that fails leaves its FIFO open: its reader waits, and does not see an end.
    const options = { workerData, trackUnmanagedFds: false };
    const thread = new Worker(`${import.meta.dirname}/input-feeder.ts`, options);
    thread.on("message", (message: FeederMessage) => relay.tell(message));
    thread.on("error", failed);
    threads.push(thread);
  }
}

function failed(cause: unknown): void {
  console.error(cause);
  relay.tell({ failed: `Data streaming failed: ${(cause as Error).message}`, isOurs: true });
}

let hasServed = false;
createServer((socket) => {
  relay.connect(socket);
  if (!hasServed) begin().catch(failed);
  hasServed = true;
}).listen(feedFiles.socket);

setInterval(() => {
  const isOrphan = !hasServed && process.ppid !== spawner;
  if (isOrphan || !existsSync(feedFiles.plan)) end();
}, LOOK_MS);
