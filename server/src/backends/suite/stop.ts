// Stopping with grace, starting twice, watching, removing.
import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import type { UnitState } from "../backend.ts";
import { type Candidate, ended, logHas, logOf, outcome, Stand, until } from "./stand.ts";

export function stopCases(candidate: Candidate): void {
  test("stop is SIGTERM, and the program's answer to it counts", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const spec = stand.unit('trap "echo got it; exit 7" TERM; echo ready; while :; do sleep 0.05; done');
    await backend.start(spec);
    await logHas(backend, spec.id, "ready");
    await backend.stop(spec.id, 30);
    equal((await ended(backend, spec.id)).end?.exitCode, 7);
    match(await logOf(backend, spec.id), /got it/);
  });

  test("a program that ignores SIGTERM is killed after the grace time", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const spec = stand.unit('trap "echo no" TERM; echo ready; while :; do sleep 0.05; done');
    await backend.start(spec);
    await logHas(backend, spec.id, "ready");
    const asked = Date.now();
    await backend.stop(spec.id, 1);
    const { end } = await ended(backend, spec.id);
    deepEqual(outcome(end), { outOfMemory: false, diskFull: false, exitCode: 137, signal: "SIGKILL" });
    match(await logOf(backend, spec.id), /no/);
    equal((end?.at ?? 0) - asked >= 1000, true);
  });

  test("starting twice runs once", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const spec = stand.unit("echo once; echo x >>/opt/ml/runs; sleep 0.3");
    await Promise.all([backend.start(spec), backend.start(spec)]);
    await backend.start(spec);
    await ended(backend, spec.id);
    await backend.start(spec);
    equal(await logOf(backend, spec.id), "once\n");
  });

  test("watchers see a unit run and end", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const seen: UnitState[] = [];
    const watching = new AbortController();
    backend.watch((state) => seen.push(state), watching.signal);
    const spec = stand.unit("sleep 0.2; exit 3");
    await backend.start(spec);
    await until("the end is seen", async () => seen.find((state) => state.phase === "ended"));
    watching.abort();
    deepEqual(
      seen.map((state) => [state.id, state.phase]),
      [
        [spec.id, "running"],
        [spec.id, "ended"],
      ],
    );
    notEqual(seen[0]?.startedAt, undefined);
  });

  test("removing a running unit ends it, its children too", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const spec = stand.unit("setsid sh -c 'while :; do date >/opt/ml/alive; sleep 0.02; done' & echo ready; wait");
    const folder = await backend.reserve(spec);
    await backend.start(spec);
    await logHas(backend, spec.id, "ready");
    await until("the child is alive", async () => {
      equal((await backend.state(spec.id))?.phase, "running");
      return existsSync(`${folder}/alive`) || undefined;
    });
    await backend.remove(spec.id);
    deepEqual([await backend.state(spec.id), existsSync(folder)], [undefined, false]);
  });
}
