// The server stops, is killed, or its supervisor is: nothing of a unit is lost that can be known.
import { deepEqual, equal, match } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { UnitSpec } from "../backend.ts";
import { type Candidate, ended, logHas, logOf, Stand } from "./stand.ts";

export function restartCases(candidate: Candidate): void {
  test("units go on when the backend is closed, and are found again", async (t) => {
    const stand = new Stand(t, candidate);
    const before = stand.open();
    const spec = stand.unit("echo before; until test -e /opt/ml/go; do sleep 0.02; done; echo after; exit 5");
    const folder = await before.reserve(spec);
    await before.start(spec);
    await logHas(before, spec.id, "before");
    await before.close();
    const after = stand.open();
    deepEqual(
      (await after.list()).map((state) => [state.id, state.phase]),
      [[spec.id, "running"]],
    );
    await after.start(spec);
    writeFileSync(`${folder}/go`, "");
    equal((await ended(after, spec.id)).end?.exitCode, 5);
    equal(await logOf(after, spec.id), "before\nafter\n");
  });

  test("kill -9 of the server loses no line and no exit code", async (t) => {
    const stand = new Stand(t, candidate);
    const spec = stand.unit("for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.05; done; exit 9");
    await killedOwner(stand, spec);
    const after = stand.open();
    equal((await ended(after, spec.id)).end?.exitCode, 9);
    equal(await logOf(after, spec.id), "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
  });

  test("after kill -9 of the server a unit can be stopped, and its port reached", async (t) => {
    const stand = new Stand(t, candidate);
    const answer =
      "import socket\ns = socket.create_server(('', 8080)); print('up', flush=True)\nwhile True: s.accept()[0].send(b'still here')";
    const spec = stand.unit("", { entrypoint: ["python3", "-c", answer], arguments: [], ports: [8080] });
    await killedOwner(stand, spec);
    const after = stand.open();
    await logHas(after, spec.id, "up");
    const socket = await after.connect(spec.id, 8080);
    equal(String((await once(socket, "data"))[0]), "still here");
    socket.destroy();
    await after.stop(spec.id, 10);
    deepEqual((await ended(after, spec.id)).end?.signal, "SIGTERM");
  });

  test("a unit that was only reserved is still to be started", async (t) => {
    const stand = new Stand(t, candidate);
    const spec = stand.unit("cat /opt/ml/kept");
    const before = stand.open();
    const folder = await before.reserve(spec);
    writeFileSync(`${folder}/kept`, "kept");
    await before.close();
    const after = stand.open();
    equal((await after.state(spec.id))?.phase, "reserved");
    match((await stand.run(after, spec)).log, /^kept$/);
  });
}

/** Starts the unit from a process of its own, and kills that when the unit runs. */
async function killedOwner(stand: Stand, spec: UnitSpec): Promise<void> {
  const [program = "", ...args] = stand.candidate.owner;
  const owner: ChildProcess = spawn(program, [...args, stand.folder, JSON.stringify(spec)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(owner, "exit");
  const started = owner.stdout ? text(owner.stdout) : undefined;
  if (owner.stdout) await Promise.race([once(owner.stdout, "data"), gone]);
  owner.kill("SIGKILL");
  await gone;
  equal(await started, "started\n");
}
