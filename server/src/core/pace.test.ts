import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import type { Clock } from "./clock.ts";
import { createPace } from "./pace.ts";

test("who has had a turn leaves nothing at the signal; who waits is ended by it", async () => {
  const wakes: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    at(_time, wake) {
      wakes.push(wake);
      return () => {};
    },
  };
  const pace = createPace(clock);
  const ended = new AbortController();
  const turns = Array.from({ length: 4 }, () => pace("lane", 1, ended.signal));
  for (const wake of wakes.splice(0)) wake();
  await Promise.all(turns);
  assert.equal(getEventListeners(ended.signal, "abort").length, 0);
  const waiting = pace("lane", 1, ended.signal);
  ended.abort(new Error("closed"));
  await assert.rejects(waiting, /closed/);
});
