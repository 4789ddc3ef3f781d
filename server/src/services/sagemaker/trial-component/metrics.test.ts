import assert from "node:assert/strict";
import { test } from "node:test";
import { statistics } from "./metrics.ts";

const at = (timestamp: number, value: Parameters<typeof statistics>[0][number]["value"]) => ({ timestamp, value });

for (const [what, points, expected] of [
  [
    "one point deviates from nothing",
    [at(1000, 3)],
    { TimeStamp: 1, Max: 3, Min: 3, Last: 3, Count: 1, Avg: 3, StdDev: 0 },
  ],
  [
    "the last point is the last by time, the deviation that of the population",
    [at(1000, 2), at(2000, 4), at(3000, 4), at(4000, 4), at(5000, 5), at(6000, 5), at(7000, 7), at(8000, 9)],
    { TimeStamp: 8, Max: 9, Min: 2, Last: 9, Count: 8, Avg: 5, StdDev: 2 },
  ],
  [
    "a group of samples counts as many",
    [at(1000, { count: 3, sum: 6, minimum: 1, maximum: 3 }), at(2000, 2)],
    { TimeStamp: 2, Max: 3, Min: 1, Last: 2, Count: 4, Avg: 2, StdDev: 0 },
  ],
] as const)
  test(what, () => assert.deepEqual(statistics(points), expected));
