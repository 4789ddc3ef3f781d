// A unit that takes more than its share is ended, and the reason is told.
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { type Candidate, ended, logOf, outcome, Stand, until } from "./stand.ts";

const killed = { exitCode: 137, signal: "SIGKILL" };
const share = { cpus: 1, memoryBytes: 128 * 2 ** 20, pids: 50, diskBytes: 2 ** 30, gpus: 0 };

export function limitCases(candidate: Candidate): void {
  test("out of memory is told apart from being killed", async (t) => {
    const stand = new Stand(t, candidate);
    const python = "x = []\nwhile True: x.append(b'x' * 2**20)";
    const spec = stand.unit("", { entrypoint: ["python3", "-c", python], arguments: [], resources: share });
    const run = await stand.run(stand.open(), spec);
    deepEqual(outcome(run.end), { ...killed, outOfMemory: true, diskFull: false }, run.log.slice(0, 1000));
  });

  for (const target of ["/opt/ml/big", "/tmp/big"]) {
    test(`a unit that overruns its disk in ${target} is ended as diskFull`, async (t) => {
      const stand = new Stand(t, candidate);
      const resources = { ...share, diskBytes: 20 * 2 ** 20 };
      const spec = stand.unit(`head -c 50000000 /dev/zero >${target}; sleep 60`, { resources });
      const run = await stand.run(stand.open(), spec);
      deepEqual([run.end?.diskFull, run.end?.outOfMemory], [true, false], run.log);
      ok(run.end?.exitCode !== 0);
    });
  }

  test("processes are bounded, and the unit can still be stopped", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const python = [
      "import os, time",
      "n = 0",
      "try:",
      "  while n < 20000:",
      "    if os.fork() == 0: time.sleep(600); os._exit(0)",
      "    n += 1",
      "except OSError: print('refused after', n, flush=True); time.sleep(600)",
      "time.sleep(600)",
    ].join("\n");
    const spec = stand.unit("", { entrypoint: ["python3", "-c", python], arguments: [], resources: share });
    await backend.start(spec);
    // Where the kernel counts, fork is refused; where we count now and then, the unit is ended at the next count.
    const made = await until("fork is refused or the unit is ended", async () => {
      const phase = (await backend.state(spec.id))?.phase; // before the log is read, which is complete when it has ended
      const refused = /refused after (\d+)/.exec(await logOf(backend, spec.id));
      return refused ? Number(refused[1]) : phase === "ended" ? 0 : undefined;
    });
    ok(made <= share.pids, `${made} processes were made`);
    await backend.stop(spec.id, 0);
    equal((await ended(backend, spec.id)).end?.exitCode, 137);
  });
}
