// The supervisor of a unit: killed, looked at, told to stop at any moment.
import { deepEqual, equal, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { shortName } from "../shared/unit-files.ts";
import { type Candidate, ended, logHas, logOf, Stand, until } from "../suite/stand.ts";
import { run } from "./processes.ts";
import { UnitFolder } from "./unit-folder.ts";

/** Looks at a lock as `isLocked` does, over and over, and slower. */
const lookAt = [
  "import fcntl, sys, time",
  "with open(sys.argv[1], 'a') as lock:",
  "  print('looking', flush=True)",
  "  while True:",
  "    fcntl.flock(lock, fcntl.LOCK_SH); time.sleep(0.002)",
  "    fcntl.flock(lock, fcntl.LOCK_UN); time.sleep(0.0005)",
].join("\n");

export function registerSupervisorCases(candidate: Candidate): void {
  describe(`${candidate.name}, its supervisor`, () => {
    test("a unit whose supervisor was killed is lost, and nothing of it goes on", async (t) => {
      const stand = new Stand(t, candidate);
      const backend = stand.open();
      const spec = stand.unit("echo ready; while :; do date +%N >/opt/ml/alive; sleep 0.02; done");
      const folder = await backend.reserve(spec);
      await backend.start(spec);
      await logHas(backend, spec.id, "ready");
      const unit = new UnitFolder(`${stand.folder}/${shortName(spec.id)}`);
      const { init } = unit;
      process.kill(unit.supervisor ?? 0, "SIGKILL");
      equal((await ended(backend, spec.id)).phase, "lost");
      await until("its processes are gone", async () => !existsSync(`/proc/${init}`) || undefined);
      const last = readFileSync(`${folder}/alive`, "utf8");
      await setTimeout(100); // the one wait for something that must not happen
      equal(readFileSync(`${folder}/alive`, "utf8"), last);
    });

    test("a unit whose folder is removed ends, though no server stops it", async (t) => {
      const stand = new Stand(t, candidate);
      const backend = candidate.open(`${stand.folder}/removed`);
      const spec = stand.unit("sleep 100");
      await backend.start(spec);
      const { init, supervisor } = new UnitFolder(`${stand.folder}/removed/${shortName(spec.id)}`);
      await backend.close();
      await run("rm", ["-r", `${stand.folder}/removed`]);
      await until("nothing of it is left", async () => {
        const left = [init, supervisor].filter((id) => existsSync(`/proc/${id}`));
        return left.length === 0 || undefined;
      });
    });

    test("a unit starts though others look whether it lives", async (t) => {
      const stand = new Stand(t, candidate);
      const backend = stand.open();
      const spec = stand.unit("echo ready");
      await backend.reserve(spec);
      const lock = `${stand.folder}/${shortName(spec.id)}/lock`;
      const looker = spawn("python3", ["-c", lookAt, lock], { stdio: ["ignore", "pipe", "inherit"] });
      t.after(() => looker.kill("SIGKILL"));
      await once(looker.stdout, "data");
      deepEqual(await stand.run(backend, spec).then(({ end, log }) => [end?.exitCode, log]), [0, "ready\n"]);
    });

    test("units that are stopped before they run end", async (t) => {
      const stand = new Stand(t, candidate);
      const backend = stand.open();
      for (const grace of [0, 0, 0, 0, 30, 30]) {
        const spec = stand.unit("sleep 100");
        const start = backend.start(spec);
        const unit = new UnitFolder(`${stand.folder}/${shortName(spec.id)}`);
        await until("its supervisor is there", async () => unit.has("started") || undefined, 0);
        await backend.stop(spec.id, grace);
        await start;
        const { phase, end } = await ended(backend, spec.id);
        ok(phase === "ended" && [137, 143].includes(end?.exitCode ?? 0), JSON.stringify({ phase, end }));
      }
    });

    test("a program that goes on to its end, however often it is stopped, keeps its exit code and its whole log", async (t) => {
      const stand = new Stand(t, candidate);
      const backend = stand.open();
      for (let time = 0; time < 4; time++) {
        const spec = stand.unit("trap '' TERM; echo ready; sleep 0.2; head -c 3000000 /dev/zero | tr '\\0' x; exit 7");
        await backend.start(spec);
        await logHas(backend, spec.id, "ready");
        const { end } = await until("it has ended", async () => {
          const state = await backend.state(spec.id);
          if (state?.phase === "ended") return state;
          await backend.stop(spec.id, 30);
          return undefined;
        });
        deepEqual([end?.exitCode, (await logOf(backend, spec.id)).length], [7, 3_000_006]);
      }
    });
  });
}
