import assert from "node:assert/strict";
import { test } from "node:test";
import { createPace } from "./pace.ts";

test("a lane has so many turns a second, each told when it comes, and none is saved up", () => {
  let now = 1000;
  const pace = createPace({ now: () => now, at: () => () => {} });
  const at = (time: number, perSecond = 4, lane = "lane") => {
    now = time;
    return pace(lane, perSecond);
  };
  assert.deepEqual(
    {
      first: at(1000),
      "at once again": at(1000),
      "another lane": at(1000, 4, "other"),
      "too early": at(1249),
      "a little late": at(1255),
      "by its time, not by that of the late one": at(1499),
      "the next": at(1500),
      "after a long time": at(9000),
      "only one of those that were not taken": at(9000),
    },
    {
      first: undefined,
      "at once again": 1250,
      "another lane": undefined,
      "too early": 1250,
      "a little late": undefined,
      "by its time, not by that of the late one": 1500,
      "the next": undefined,
      "after a long time": undefined,
      "only one of those that were not taken": 9250,
    },
  );
});

test("more turns a second than a clock can tell apart are not fewer for it", () => {
  let now = 0;
  const pace = createPace({ now: () => now, at: () => () => {} });
  let turns = 0;
  for (; now < 1000; now += 10) while (pace("lane", 3000) === undefined) turns++;
  assert.ok(turns > 2900 && turns <= 3001, `${turns} turns`);
});
