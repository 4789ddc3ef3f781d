import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { busy, done, ended, failed, is, NOW, seen } from "../shared/seen-cases.ts";
import type { TrainingRow } from "./document.ts";
import { next } from "./job.ts";
import { aTrainingJob, check, STARTED, spot } from "./job-cases.ts";
import { interrupt, interruptionProblem } from "./spot.ts";

describe("a training job on spot instances", () => {
  const training = aTrainingJob("Training", { request: spot });
  const interrupted = aTrainingJob("Interrupted", { request: spot, held: { beforeMs: 1000 } });
  const { runningSince, ...neverRan } = interrupted.document;
  check({
    "is interrupted by the policy": [training, seen(is("running")), "InProgress/Interrupted", 9, 10],
    "is left alone before": [training, seen(is("running")), `wait until ${STARTED + 10_000}`, 8, 10],
    "is left alone without spot instances": [
      aTrainingJob("Training"),
      seen(is("running")),
      `wait until ${STARTED + 60_000}`,
      9,
      10,
    ],
    "waits for its program to end": [interrupted, seen(is("running")), `wait until ${STARTED + 600_000}`],
    "waits for its last checkpoints": [interrupted, seen(ended(143), busy), `wait until ${STARTED + 600_000}`],
    "begins again then, however its program ended": [interrupted, seen(ended(0), done()), "InProgress/Starting again"],
    "begins again at once when no program ran yet": [
      { ...interrupted, document: neverRan },
      seen(is("reserved"), busy),
      "InProgress/Starting again",
    ],
    "fails when the last checkpoints cannot be written": [
      interrupted,
      seen(ended(143), failed("ClientError: denied")),
      "Failed/Failed ClientError: denied",
    ],
    "is over when it got no capacity in the time it may wait": [
      aTrainingJob("Starting", { request: spot }),
      seen(is("waiting")),
      "Stopping/Stopping",
      599,
    ],
    "is stopped when that time passes while it runs": [
      aTrainingJob("Training", { request: spot, held: { beforeMs: 0, since: NOW + 590_000 } }),
      seen(is("running")),
      "Stopping/Stopping",
      599,
    ],
    "is stopped when that time passes while it is interrupted": [
      interrupted,
      seen(is("running")),
      "Stopping/Stopping",
      599,
    ],
  });

  it("is not billed while it is interrupted, and begins anew with nothing of the attempt before", () => {
    const taken = interrupt(training.document, { now: NOW, steady: NOW });
    assert.deepEqual(taken.held, { beforeMs: 1000 });
    const step = next({ ...training, document: taken }, seen(ended(143), done()), NOW + 5000, NOW + 5000);
    assert.ok(step.do === "store");
    const { attempt, held, runningSince, secondary, transitions } = step.document;
    assert.deepEqual([attempt, held, runningSince, secondary], [2, { beforeMs: 1000 }, undefined, "Starting"]);
    assert.deepEqual(
      transitions.map(({ Status }) => Status),
      ["Training", "Interrupted", "Starting"],
    );
  });

  const problems: Record<string, [TrainingRow, RegExp | undefined]> = {
    "can be interrupted while it trains": [training, undefined],
    "can be interrupted while it downloads": [aTrainingJob("Downloading", { request: spot }), undefined],
    "cannot before it has instances": [aTrainingJob("Starting", { request: spot }), /no instances yet/],
    "cannot twice": [interrupted, /already/],
    "cannot when it uploads": [aTrainingJob("Uploading", { request: spot }), /uploading/],
    "cannot when it is over": [aTrainingJob("Completed", { request: spot }, "Completed"), /status Completed/],
    "cannot without spot instances": [aTrainingJob("Training"), /EnableManagedSpotTraining/],
  };
  for (const [sentence, [row, problem]] of Object.entries(problems)) {
    it(sentence, () => {
      const found = interruptionProblem(row);
      if (problem) assert.match(found ?? "", problem);
      else assert.equal(found, undefined);
    });
  }
});
