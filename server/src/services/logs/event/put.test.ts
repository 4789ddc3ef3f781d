// What of a batch is taken, and which batches are refused whole.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../core/errors.ts";
import { type Judged, judgeBatch } from "./put.ts";

const HOUR = 3_600_000;
const now = Date.parse("2020-09-15T12:00:00Z");
const at = (hours: number, message = "m") => ({ timestamp: now + hours * HOUR, message });

const judged: Readonly<Record<string, readonly [events: ReturnType<typeof at>[], since: number, judged: Judged]>> = {
  "events of now are taken": [[at(-1), at(0)], 0, { taken: [at(-1), at(0)] }],
  "events more than two hours ahead are not": [
    [at(1), at(3), at(4)],
    0,
    { taken: [at(1)], rejected: { tooNewLogEventStartIndex: 1 } },
  ],
  "events older than two weeks are not": [
    [at(-337), at(-336.5), at(-335)],
    0,
    { taken: [at(-335)], rejected: { tooOldLogEventEndIndex: 2 } },
  ],
  "events beyond the retention are not": [
    [at(-30), at(-20)],
    now - 24 * HOUR,
    { taken: [at(-20)], rejected: { expiredLogEventEndIndex: 1 } },
  ],
};
for (const [sentence, [events, since, expected]] of Object.entries(judged)) {
  test(sentence, () => {
    assert.deepEqual(judgeBatch(events, now, since), expected);
  });
}

const refused: Readonly<Record<string, readonly [events: ReturnType<typeof at>[], message: string]>> = {
  "time must not go back": [
    [at(0), at(-1)],
    "Log events in a single PutLogEvents request must be in chronological order.",
  ],
  "a batch spans a day at most": [
    [at(-25), at(0)],
    "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
  ],
  "an event has a size": [[at(0, "é".repeat(524_288))], "Log event too large: 1048602 bytes exceeds limit of 1048576"],
  "a batch has a size": [
    [at(0, "x".repeat(600_000)), at(0, "x".repeat(600_000))],
    "Upload too large: 1200052 bytes exceeds limit of 1048576",
  ],
};
for (const [sentence, [events, message]] of Object.entries(refused)) {
  test(sentence, () => {
    assert.throws(
      () => judgeBatch(events, now, 0),
      (cause) => cause instanceof ApiError && cause.code === "InvalidParameterException" && cause.message === message,
    );
  });
}
