// Sets the clock of one process as if somebody had set the machine's: loaded before the program (`node --import`), it adds
// the seconds in the file MACHINE_CLOCK to every reading of the time of day. What counts how long something takes
// (performance.now, process.hrtime, timers) stays as it is, as it does on a machine whose clock is set.
import { readFileSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const file = process.env.MACHINE_CLOCK;
const isServer = isMainThread && process.argv.includes("serve");
const Real = Date;
let milliseconds = 0;

globalThis.Date = class extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() + milliseconds);
    else super(...given);
  }
  static now() {
    return Real.now() + milliseconds;
  }
};

let last;

function look() {
  const seconds = readFileSync(file, "utf8");
  if (seconds === last) return;
  last = seconds;
  milliseconds = Number(seconds) * 1000;
  if (isServer) writeFileSync(`${file}.seen`, seconds);
}

look();
setInterval(look, 10).unref();
